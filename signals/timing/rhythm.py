"""Everything measured on the rhythm of presses: keys, clicks, taps, pad buttons or game actions."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.timing import content, entropy, holds, memory, quantise, spread
from signals.timing.windows import CLICK_BUTTON, CLICK_DOWN, Window
from signals.types import IntArray
from wire import kinds

NAMES: Final = spread.NAMES + entropy.NAMES + memory.NAMES + content.NAMES + holds.NAMES
GROUPS: Final = (
    ("spread",) * len(spread.NAMES)
    + ("entropy",) * len(entropy.NAMES)
    + ("memory",) * len(memory.NAMES)
    + ("content", "content", "order")
    + ("holds",) * len(holds.NAMES)
)
MIN_INTERVALS: Final = 24
"""Fewer intervals are too few for an opinion."""


class Presses:
    """A channel's window taken apart: press times as intervals in ticks, classes around them, and the raw columns for holds."""

    __slots__ = ("binned", "codes", "down", "intervals", "ordered", "raw_code", "since")

    def __init__(self, since: IntArray, down: NDArray[np.bool_], code: IntArray, content: IntArray | None = None) -> None:
        self.since, self.down, self.raw_code = since, down, code
        at = np.flatnonzero(down)
        times = np.cumsum(since)[at]
        self.intervals = times[1:] - times[:-1]
        self.codes = (code if content is None else content)[at]

    def __len__(self) -> int:
        return len(self.intervals)


def keys(window: Window) -> Presses:
    """Return the presses of the keyboard's window."""
    return Presses(window.since.astype(np.int64), (window.what >> 4) == kinds.KEY_DOWN, np.minimum(window.what & 15, 12).astype(np.int64))


_REACH: Final = np.array([1, 12, 60, 180, 450])


def clicks(window: Window) -> Presses:
    """Return the presses of the pointer's buttons; their content is the button and how far the pointer went since the click before."""
    down = (window.what & CLICK_DOWN) != 0
    at = np.flatnonzero(down)
    x, y = window.x[at].astype(np.float64), window.y[at].astype(np.float64)
    reach = np.zeros(len(window.what), np.int64)
    if len(at):
        reach[at[1:]] = np.searchsorted(_REACH, np.hypot(x[1:] - x[:-1], y[1:] - y[:-1]), side="right")
    button = (window.what & CLICK_BUTTON).astype(np.int64)
    return Presses(window.since.astype(np.int64), down, button, reach * 2 + (button > 1))


TAKE: Final[Mapping[str, Callable[[Window], Presses]]] = {"keys": keys, "clicks": clicks}
"""How each channel of presses is taken apart."""


def features(presses: Presses, tables: content.Tables) -> NDArray[np.float64]:
    """Return NAMES; NaN where the channel does not tell."""
    ordered = np.sort(presses.intervals)
    binned = quantise.bins(presses.intervals, ordered)
    return np.concatenate(
        (
            spread.features(ordered),
            entropy.features(binned),
            memory.features(binned),
            content.features(presses.codes, binned, tables),
            holds.features(presses.since, presses.down, presses.raw_code),
        )
    )
