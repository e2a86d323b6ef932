"""Everything measured on the rhythm of presses: keys, clicks, taps, pad buttons or game actions."""

from dataclasses import dataclass
from math import hypot
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing import content, entropy, following, holds, memory, quantise, repeats, residual, spread, steadiness
from signals.timing.ascending import ascending
from signals.timing.windows import CLICK_BUTTON, CLICK_DOWN, Pixels, Ticks, Whats, Window
from signals.types import IntArray
from wire import kinds

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_PARTS: Final = (
    ("spread", spread.NAMES),
    ("steadiness", steadiness.NAMES),
    ("entropy", entropy.NAMES),
    ("memory", memory.NAMES + residual.NAMES),
    ("content", content.NAMES),
    ("order", following.NAMES),
    ("holds", holds.NAMES),
)
NAMES: Final = tuple(name for _, names in _PARTS for name in names)
GROUPS: Final = tuple(group for group, names in _PARTS for _ in names)
MIN_INTERVALS: Final = 24
"""Fewer intervals are too few for an opinion."""


@dataclass(frozen=True, slots=True, eq=False)
class Presses:
    """A channel's window taken apart: press times as intervals in ticks, classes around them, and the raw columns for holds."""

    intervals: IntArray
    codes: IntArray
    since: IntArray
    down: Bools
    raw_code: IntArray

    def __len__(self) -> int:
        return len(self.intervals)


def keys(window: Window) -> Presses:
    """Return the presses of the keyboard's window."""
    return Presses(*_keys(*repeats.left_out(window.since.astype(np.int64), window.what.astype(np.int64))))


def clicks(window: Window) -> Presses:
    """Return the presses of the pointer's buttons; their content is the button and how far the pointer went since the click before."""
    where = window.x.astype(np.float64), window.y.astype(np.float64)
    return Presses(*_clicks(window.since.astype(np.int64), window.what.astype(np.int64), *where))


Columns = tuple[IntArray, IntArray, IntArray, Bools, IntArray]


@kernel
def _keys(since: IntArray, what: IntArray) -> Columns:
    down = (what >> 4) == kinds.KEY_DOWN
    code = np.minimum(what & 15, _CLASSES - 1)
    intervals, codes = between(since, down, code)
    return intervals, codes, since, down, code


@kernel
def _clicks(since: IntArray, what: IntArray, x: Floats, y: Floats) -> Columns:
    down = (what & CLICK_DOWN) != 0
    button = what & CLICK_BUTTON
    content = np.zeros(len(what), np.int64)
    last = -1
    for at in range(len(what)):
        if down[at]:
            reach = 0
            if last >= 0:
                way = hypot(x[at] - x[last], y[at] - y[last])
                for step in _REACH:
                    reach += step <= way
            content[at] = reach * 2 + (button[at] > 1)
            last = at
    intervals, codes = between(since, down, content)
    return intervals, codes, since, down, button


@kernel
def between(since: IntArray, down: Bools, code: IntArray) -> tuple[IntArray, IntArray]:
    """Return the times from each press to the next, and what was pressed."""
    intervals = np.empty(len(since), np.int64)
    codes = np.empty(len(since), np.int64)
    presses, waited = 0, 0
    for at in range(len(since)):
        waited += since[at]
        if down[at]:
            intervals[presses] = waited
            codes[presses] = code[at]
            presses += 1
            waited = 0
    return intervals[1:presses].copy(), codes[:presses].copy()


_CLASSES: Final = content.CLASSES
_REACH: Final = np.array([1, 12, 60, 180, 450])
"""Pixels between two clicks at which their distance counts as the next class."""


def measured(name: str, window: Window, tables: content.Tables) -> tuple[Floats, int]:
    """Return NAMES over the presses of a channel's window, and how many intervals there are; no features where they are too few."""
    return _measured(window.since, window.what, window.x, window.y, name == "keys", *_in_order(tables))


def features(presses: Presses, tables: content.Tables) -> Floats:
    """Return NAMES; NaN where the channel does not tell."""
    return _features(presses.intervals, presses.codes, presses.since, presses.down, presses.raw_code, *_in_order(tables))


def _in_order(tables: content.Tables) -> tuple[content.Table, ...]:
    return tables.reached, tables.before, tables.after, tables.previous, tables.second


@kernel
def _measured(
    since: Ticks, what: Whats, x: Pixels, y: Pixels, of_keys: bool,
    reached: Floats, before: Floats, after: Floats, previous: Floats, second: Floats,
) -> tuple[Floats, int]:  # fmt: skip
    waits, whats = since.astype(np.int64), what.astype(np.int64)
    if of_keys:
        waits, whats = repeats.left_out(waits, whats)
        intervals, codes, waits, down, code = _keys(waits, whats)
    else:
        intervals, codes, waits, down, code = _clicks(waits, whats, x.astype(np.float64), y.astype(np.float64))
    if len(intervals) < MIN_INTERVALS:
        return np.empty(0), len(intervals)
    return _features(intervals, codes, waits, down, code, reached, before, after, previous, second), len(intervals)


@kernel
def _features(
    intervals: IntArray, codes: IntArray, since: IntArray, down: Bools, raw_code: IntArray,
    reached: Floats, before: Floats, after: Floats, previous: Floats, second: Floats,
) -> Floats:  # fmt: skip
    ordered = ascending(intervals)
    binned = quantise.bins(intervals, ordered)
    told = content.around(codes, before, after)
    whole = content.within(codes, told, reached)
    return np.concatenate(
        (
            spread.features(ordered),
            steadiness.features(intervals, ordered),
            entropy.features(binned),
            memory.features(binned),
            residual.features(binned, content.expected(whole)),
            content.features(codes, binned, told, whole),
            following.features(binned, previous, second),
            holds.features(since, down, raw_code),
        )
    )
