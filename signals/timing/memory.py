"""Memory of a rhythm: people speed up, tire and hesitate in stretches, independent draws don't.

Autocorrelation of rank scores at short lags, and the growth of the variance of sums over blocks (the aggregated-variance estimate of long
memory: Beran, "Statistics for long-memory processes", 1994; 1/f noise in human timing: Gilden, Thornton and Mallon, Science 267, 1995).
"""

from math import log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing.quantise import BINS
from signals.types import IntArray

NAMES: Final = ("lag_1", "lag_2", "lag_3", "lag_5", "long_memory")
_SCALE: Final = sqrt((BINS**2 - 1) / 12.0)
_LAGS: Final = np.array([1, 2, 3, 5])
_BLOCK: Final = 8
_NO_POWER: Final = 1e-9


@kernel
def features(binned: IntArray) -> NDArray[np.float64]:
    """Return NAMES: autocorrelations times sqrt(n), about standard normal for independent draws, and the log of block variance over its
    expectation for independent draws."""
    n = len(binned)
    out = np.zeros(len(_LAGS) + 1)
    scores = np.empty(n)
    total = 0.0
    for at in range(n):
        scores[at] = binned[at] / _SCALE
        total += scores[at]
    middle = total / n
    power = 0.0
    for at in range(n):
        scores[at] -= middle
        power += scores[at] * scores[at]
    if power <= _NO_POWER:
        return out
    for which in range(len(_LAGS)):
        lag = _LAGS[which]
        along = 0.0
        for at in range(lag, n):
            along += scores[at] * scores[at - lag]
        out[which] = along / power * sqrt(n)
    blocks = 0.0
    for start in range(0, n - _BLOCK + 1, _BLOCK):
        block = 0.0
        for at in range(start, start + _BLOCK):
            block += scores[at]
        blocks += block * block
    out[-1] = log((blocks + 1.0) / (power + 1.0))
    return out
