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

NAMES: Final = ("tail_98", "tail_90", "upper", "lower", "tail_10", "tail_02")
_AT: Final = np.array([0.02, 0.10, 0.25, 0.50, 0.75, 0.90, 0.98])


@kernel
def features(ordered: IntArray) -> NDArray[np.float64]:
    """Return NAMES from sorted intervals: the natural logs of ratios between neighbouring quantiles. How fast somebody is says nothing.

    Pauses are left out: how many there are and how long, beyond what a window can hold, is what somebody has to do.
    """
    last = len(ordered) - 1
    while last > 0 and ordered[last] >= PAUSE:
        last -= 1
    logs = np.empty(len(_AT))
    for level in range(len(_AT)):
        logs[level] = log(ordered[int(last * _AT[level] + 0.5)] + 1.0)
    out = np.empty(len(_AT) - 1)
    for level in range(1, len(_AT)):
        out[len(_AT) - 1 - level] = logs[level] - logs[level - 1]
    return out
