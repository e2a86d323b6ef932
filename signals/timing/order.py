"""What would stand at a place if values were sorted, without sorting them all."""

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel


@kernel
def nth(values: NDArray[np.float64], place: int, low: int, high: int) -> float:
    """Return what sorting `values` from `low` to `high` would put at `place`; reorders them so that nothing before it is larger.

    Hoare's FIND (Communications of the ACM 4, 1961). Values must be numbers.
    """
    while low < high:
        pivot = values[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while values[left] < pivot:
                left += 1
            while values[right] > pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if place <= right:
            high = right
        elif place >= left:
            low = left
        else:
            break
    return values[place]  # type: ignore[no-any-return]
