"""What would stand at a place if values were sorted, without sorting them all."""

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel


@kernel
def nth(values: NDArray[np.float64], place: int, low: int, high: int) -> float:
    """Return what sorting `values` from `low` to `high` would put at `place`; reorders them so that nothing before it is larger.

    Hoare's FIND (Communications of the ACM 4, 1961). Values must be numbers. Every value is moved, whether it is less or not: to guess
    wrongly which one it is costs a processor more (Edelkamp and Weiss, "BlockQuicksort", ESA 2016).
    """
    while low < high:
        pivot = values[(low + high) // 2]
        less = low
        for at in range(low, high + 1):
            value = values[at]
            values[at] = values[less]
            values[less] = value
            less += value < pivot
        if place < less:
            high = less - 1
            continue
        same = less
        for at in range(less, high + 1):
            value = values[at]
            values[at] = values[same]
            values[same] = value
            same += value == pivot
        if place < same:
            break
        low = same
    return values[place]  # type: ignore[no-any-return]
