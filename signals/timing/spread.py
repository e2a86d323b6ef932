"""Dispersion and shape of intervals, by quantiles, so that a single pause or a grid moves little.

People's intervals are skewed and heavy-tailed in a way of their own: neither constant, uniform, Gaussian nor exponential, and heavier
than lognormal (Gianvecchio and Wang, "Detecting covert timing channels", CCS 2007, use the same first-order tests).
"""

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing.windows import PAUSE
from signals.types import IntArray

NAMES: Final = ("tail_98", "tail_90", "upper", "lower", "tail_10", "tail_02", "lean", "inner_lean", "peak")
_AT: Final = np.array([0.02, 0.10, 0.25, 0.50, 0.75, 0.90, 0.98])
_NARROW: Final = 0.02
"""Log ratio of the quartiles below which intervals are too even to have a shape."""


@kernel
def features(ordered: IntArray) -> NDArray[np.float64]:
    """Return NAMES from sorted intervals: the natural logs of ratios between neighbouring quantiles, and the shape of the logs.

    Shape is which way the middle four fifths and the middle half lean (Kelly's and Bowley's skewness), and how much of the one the other
    is, however far they spread; NaN where all are too even. How fast somebody is says nothing.

    Pauses are left out: how many there are and how long, beyond what a window can hold, is what somebody has to do.
    """
    last = len(ordered) - 1
    while last > 0 and ordered[last] >= PAUSE:
        last -= 1
    logs = np.empty(len(_AT))
    for level in range(len(_AT)):
        logs[level] = log(ordered[int(last * _AT[level] + 0.5)] + 1.0)
    out = np.full(len(_AT) + 2, np.nan)
    for level in range(1, len(_AT)):
        out[len(_AT) - 1 - level] = logs[level] - logs[level - 1]
    low, first, middle, third, high = logs[1], logs[2], logs[3], logs[4], logs[5]
    if third - first > _NARROW:
        out[-3] = (high - middle - (middle - low)) / (high - low)
        out[-2] = (third - middle - (middle - first)) / (third - first)
        out[-1] = (third - first) / (high - low)
    return out
