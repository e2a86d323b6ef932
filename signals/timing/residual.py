"""Memory that content does not explain: tempo drifts, attention wanders, and neither knows what is typed.

After what content lets expect is taken out, people's latencies still go in stretches (1/f noise in human timing: Gilden, Thornton and
Mallon, Science 267, 1995). A bot that draws each latency by what is typed, even from a person's own, has only what content gave it.
"""

from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.types import IntArray

NAMES: Final = ("residual_1", "residual_2", "residual_slow")
_SLOW: Final = (3, 10)
"""Lags of what is slow."""
_NO_POWER: Final = 1e-9


@kernel
def features(binned: IntArray, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return NAMES: autocorrelations of what is left of the rank bins, times sqrt(n), at lags 1 and 2 and summed over slow ones.

    `expected` is in any unit: how far ranks follow it is measured in the window itself, by least squares.
    """
    n = len(binned)
    out = np.zeros(3)
    ranks, leans = 0.0, 0.0
    for at in range(n):
        ranks += binned[at] / n
        leans += expected[at] / n
    along, power = 0.0, 0.0
    for at in range(n):
        along += (binned[at] - ranks) * (expected[at] - leans)
        power += (expected[at] - leans) ** 2
    slope = along / power if power > _NO_POWER else 0.0
    left = np.empty(n)
    power = 0.0
    for at in range(n):
        left[at] = binned[at] - ranks - slope * (expected[at] - leans)
        power += left[at] * left[at]
    if power <= _NO_POWER:
        return out
    first, last = _SLOW
    for lag in range(1, min(last, n - 1) + 1):
        along = 0.0
        for at in range(lag, n):
            along += left[at] * left[at - lag]
        if lag <= 2:
            out[lag - 1] = along / power * sqrt(n)
        elif lag >= first:
            out[2] += along / power * sqrt(n / (last - first + 1))
    return out
