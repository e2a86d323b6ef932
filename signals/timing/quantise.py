"""Intervals by their rank within the window: what is left once speed, spread and most of the pipeline are divided out."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.types import IntArray

BINS: Final = 8
"""Equally filled bins; also the alphabet of every entropy here."""


def bins(intervals: IntArray, ordered: IntArray) -> IntArray:
    """Return the rank bin, 0 (shortest) to BINS - 1, of each interval. `ordered` is the same, sorted.

    Equal intervals share a bin, the middle one of those that they fill, so that a pipeline's grid looks neither slow nor fast.
    """
    edges = ordered[(len(ordered) * _STEPS) // BINS]
    return (np.searchsorted(edges, intervals, side="left") + np.searchsorted(edges, intervals, side="right")) >> 1


_STEPS: Final[NDArray[np.int64]] = np.arange(1, BINS)
