"""Intervals by their rank within the window: what is left once speed, spread and most of the pipeline are divided out."""

from typing import Final

import numpy as np

from signals.kernel import kernel
from signals.types import IntArray

BINS: Final = 8
"""Equally filled bins; also the alphabet of every entropy here."""


@kernel
def bins(intervals: IntArray, ordered: IntArray) -> IntArray:
    """Return the rank bin, 0 (shortest) to BINS - 1, of each interval. `ordered` is the same, sorted.

    Equal intervals share a bin, the middle one of those that they fill, so that a pipeline's grid looks neither slow nor fast.
    """
    n = len(intervals)
    edges = np.empty(BINS - 1, np.int64)
    for step in range(1, BINS):
        edges[step - 1] = ordered[n * step // BINS]
    binned = np.empty(n, np.int64)
    for at in range(n):
        value = intervals[at]
        passed = 0
        for edge in edges:
            passed += (edge < value) + (edge <= value)
        binned[at] = passed >> 1
    return binned
