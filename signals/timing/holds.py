"""How long a key or button is held, and whether the next one goes down before it comes up (rollover).

Dhakal et al., "Observations on typing from 136 million keystrokes" (CHI 2018): rollover is what fast typists share; scripts press and
release in turn.
"""

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.types import IntArray

NAMES: Final = ("rollover", "log_hold", "hold_upper", "hold_lower", "hold_flight")
MIN_HOLDS: Final = 8
_LONGEST: Final = 10_000
"""Ticks (1 s) above which a hold or flight says no more."""
NOTHING: Final = np.full(len(NAMES), np.nan)


def features(since: IntArray, down: NDArray[np.bool_], code: IntArray) -> NDArray[np.float64]:
    """Return NAMES from all events of a channel, NaN where releases are not reported.

    The share of presses that the next press follows before any release, the log of the median hold in ticks, log ratios of quantiles of
    holds, and the correlation of holds with the flights after them times sqrt(n).
    """
    press = down[:-1]
    up_next = press & ~down[1:] & (code[:-1] == code[1:])
    at = np.flatnonzero(up_next)
    if len(at) < MIN_HOLDS:
        return NOTHING
    holds = since[at + 1]
    ordered = np.sort(holds)
    n = len(ordered)
    low, middle, high = (log(float(ordered[place]) + 1.0) for place in (n // 10, n // 2, n - 1 - n // 10))
    rollover = np.count_nonzero(press & down[1:]) / np.count_nonzero(press)
    if at[-1] + 2 >= len(since):
        at, holds = at[:-1], holds[:-1]
    both = np.minimum(np.stack((holds, since[at + 2])), _LONGEST).astype(np.float64)
    both -= both.mean(axis=1, keepdims=True)
    power = float(both[0] @ both[0]) * float(both[1] @ both[1])
    along = float(both[0] @ both[1]) / power**0.5 * len(at) ** 0.5 if power > 0.0 else 0.0
    return np.array((rollover, middle, high - middle, middle - low, along))
