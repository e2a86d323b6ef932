"""How long a key or button is held, and whether the next one goes down before it comes up (rollover).

Dhakal et al., "Observations on typing from 136 million keystrokes" (CHI 2018): rollover is what fast typists share; scripts press and
release in turn.
"""

from math import log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing.ascending import ascending
from signals.types import IntArray

NAMES: Final = ("rollover", "log_hold", "hold_upper", "hold_lower", "hold_flight")
MIN_HOLDS: Final = 8
_DRAG: Final = 5_000
"""Ticks (0.5 s) above which a press is held for what it does, as in a drag: that says what was asked, not whose hand it was."""
_LONGEST: Final = 10_000
"""Ticks (1 s) above which a hold or flight says no more."""


@kernel
def features(since: IntArray, down: NDArray[np.bool_], code: IntArray) -> NDArray[np.float64]:
    """Return NAMES from all events of a channel, NaN where releases are not reported.

    The share of presses that the next press follows before any release, the log of the median hold in ticks, log ratios of quantiles of
    holds, and the correlation of holds with the flights after them times sqrt(n).
    """
    out = np.full(5, np.nan)
    size = len(since)
    holds = np.empty(size, np.int64)
    presses, rolled, n, pairs = 0, 0, 0, 0
    held, flown, held_2, flown_2, both = 0.0, 0.0, 0.0, 0.0, 0.0
    for at in range(size - 1):
        if not down[at]:
            continue
        presses += 1
        if down[at + 1]:
            rolled += 1
        elif code[at] == code[at + 1] and since[at + 1] <= _DRAG:
            holds[n] = since[at + 1]
            n += 1
            if at + 2 < size:
                hold, flight = min(since[at + 1], _LONGEST), min(since[at + 2], _LONGEST)
                pairs += 1
                held, flown = held + hold, flown + flight
                held_2, flown_2, both = held_2 + hold * hold, flown_2 + flight * flight, both + hold * flight
    if n < MIN_HOLDS:
        return out
    ordered = ascending(holds[:n])
    low, middle, high = log(ordered[n // 10] + 1.0), log(ordered[n // 2] + 1.0), log(ordered[n - 1 - n // 10] + 1.0)
    out[0] = rolled / presses
    out[1] = middle
    out[2] = high - middle
    out[3] = middle - low
    power = (held_2 - held * held / pairs) * (flown_2 - flown * flown / pairs)
    out[4] = (both - held * flown / pairs) / sqrt(power) * sqrt(pairs) if power > 0.0 else 0.0
    return out
