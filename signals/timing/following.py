"""How intervals follow the two before them, as people's do: fast after fast, a rest after a stretch.

Second-order dependence on ranks, from tables of what the population shows; compared with what the same intervals would say in any other
order, so that it is about standard normal for independent draws of whatever spread.
"""

from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing.content import SURE
from signals.timing.quantise import BINS
from signals.types import IntArray

NAMES: Final = ("order",)


@kernel
def features(binned: IntArray, previous: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return NAMES, with the tables of what follows each bin and of what follows it one later."""
    n = len(binned)
    share = np.zeros(BINS)
    said = 0.0
    for at in range(n):
        share[binned[at]] += 1.0 / n
        if at > 0:
            said += previous[binned[at - 1], binned[at]]
        if at > 1:
            said += second[binned[at - 2], binned[at]]
    first, variance = _of_any_order(share, previous)
    later, wider = _of_any_order(share, second)
    out = np.empty(1)
    out[0] = min((said - first * (n - 1) - later * (n - 2)) / sqrt((variance + wider) * n + 1.0), SURE)
    return out


@kernel
def _of_any_order(share: NDArray[np.float64], table: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean of a table's entry over independent pairs of bins, and the variance of what is left without their own means."""
    rows, columns = np.zeros(BINS), np.zeros(BINS)
    for one in range(BINS):
        for other in range(BINS):
            rows[one] += share[other] * table[one, other]
            columns[other] += share[one] * table[one, other]
    mean = 0.0
    for one in range(BINS):
        mean += share[one] * rows[one]
    variance = 0.0
    for one in range(BINS):
        for other in range(BINS):
            apart = table[one, other] - rows[one] - columns[other] + mean
            variance += share[one] * share[other] * apart * apart
    return mean, variance
