"""Memory of a rhythm: people speed up, tire and hesitate in stretches, independent draws don't.

Autocorrelation of rank scores at short lags, and the growth of the variance of sums over blocks (the aggregated-variance estimate of long
memory: Beran, "Statistics for long-memory processes", 1994; 1/f noise in human timing: Gilden, Thornton and Mallon, Science 267, 1995).
"""

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.timing.quantise import BINS
from signals.types import IntArray

NAMES: Final = ("lag_1", "lag_2", "lag_3", "lag_5", "long_memory")
_SCORES: Final = (np.arange(BINS) - (BINS - 1) / 2.0) / np.sqrt((BINS**2 - 1) / 12.0)
_LAGS: Final = (1, 2, 3, 5)
_BLOCK: Final = 8
_ONES: Final = np.ones(1024)


def features(binned: IntArray) -> NDArray[np.float64]:
    """Return NAMES: autocorrelations times sqrt(n), about standard normal for independent draws, and the log of block variance over its
    expectation for independent draws."""
    n = len(binned)
    scores = _SCORES[binned]
    scores -= float(scores @ _ONES[:n]) / n
    power = float(scores @ scores)
    if power <= 1e-9:
        return np.zeros(len(NAMES))
    lags = [float(scores[lag:] @ scores[:-lag]) / power * n**0.5 for lag in _LAGS]
    blocks = scores[: n // _BLOCK * _BLOCK].reshape(-1, _BLOCK) @ _ONES[:_BLOCK]
    return np.array((*lags, log((float(blocks @ blocks) + 1.0) / (power + 1.0))))
