"""How long a key or button is held, and whether the next one goes down before it comes up (rollover).

Dhakal et al., "Observations on typing from 136 million keystrokes" (CHI 2018): rollover is what fast typists share; scripts press and
release in turn.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.types import IntArray

NAMES: Final = ("rollover", "log_hold", "hold_upper", "hold_lower", "hold_flight")
MIN_HOLDS: Final = 8
NOTHING: Final = np.full(len(NAMES), np.nan)


def features(since: IntArray, down: NDArray[np.bool_], code: IntArray) -> NDArray[np.float64]:
    """Return NAMES from all events of a channel, NaN where releases are not reported.

    The share of presses that the next press follows before any release, the log of the median hold in ticks, log ratios of quantiles of
    holds, and the correlation of holds with the flights after them times sqrt(n).
    """
    up_next = down[:-1] & ~down[1:] & (code[:-1] == code[1:])
    at = np.flatnonzero(up_next)
    if len(at) < MIN_HOLDS:
        return NOTHING
    holds = since[at + 1]
    ordered = np.sort(holds)
    n = len(ordered)
    low, middle, high = np.log(ordered[[n // 10, n // 2, n - 1 - n // 10]] + 1.0)
    presses = int(np.count_nonzero(down[:-1]))
    rollover = int(np.count_nonzero(down[:-1] & down[1:])) / presses
    flights = since[at[at < len(since) - 2] + 2].astype(np.float64)
    held = np.minimum(holds[: len(flights)].astype(np.float64), 5_000.0)
    flights = np.log(flights + 1.0)
    held, flights = held - held.mean(), flights - flights.mean()
    power = float(held @ held) * float(flights @ flights)
    along = float(held @ flights) / power**0.5 * len(flights) ** 0.5 if power > 0.0 else 0.0
    return np.array((rollover, middle, high - middle, middle - low, along))
