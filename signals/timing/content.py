"""Latency bound to content: what a key is, and what came before and comes after, moves the time to reach it, for everybody alike.

Digraph latencies are the oldest signal of keystroke dynamics (Gaines et al., "Authentication by keystroke timing", RAND, 1980). Here they
identify nobody: the tables hold what the population shows for pairs of key classes, on ranks within the window, and the question is only
whether this window's latencies know about its content at all. Independent draws, also from a person's own intervals, don't.

What the latencies say is compared with what the same latencies would say in any other order (Hoeffding, "A combinatorial central limit
theorem", 1951), so it does not matter how they are spread, nor what is typed: where one key is pressed over and over nothing is known.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing.quantise import BINS
from signals.types import IntArray

CLASSES: Final = 13
PAIRS: Final = CLASSES * CLASSES
NAMES: Final = ("content", "content_told", "context")
_LEAST: Final = 0.02
"""Variance per interval, in nats squared, below which content could tell nothing."""

SURE: Final = 4.0
"""Standard deviations that independent draws show once in some 30,000 windows: how far beyond that somebody is, the task decides."""

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Log-odds of each rank bin, centred over the bins, in five contexts of one interval: shape (contexts, BINS)."""

    reached: Table
    """By the pair of classes that the interval lies between."""
    before: Table
    """By the pair before."""
    after: Table
    """By the pair after."""
    previous: Table
    """By the rank bin of the interval before."""
    second: Table
    """By the rank bin of the interval before that."""


@kernel
def around(codes: IntArray, before: Table, after: Table) -> Table:
    """Return the log-odds of each bin by the pairs before and after each interval, shape (n, BINS). `codes` has one more than intervals."""
    n = len(codes) - 1
    told = np.zeros((n, BINS))
    for at in range(n):
        if at > 0:
            pair = codes[at - 1] * CLASSES + codes[at]
            for one in range(BINS):
                told[at, one] += before[pair, one]
        if at < n - 1:
            pair = codes[at + 1] * CLASSES + codes[at + 2]
            for one in range(BINS):
                told[at, one] += after[pair, one]
    return told


@kernel
def within(codes: IntArray, told: Table, reached: Table) -> Table:
    """Return what is told by the pairs around, and by the pair that the interval lies between."""
    whole = told.copy()
    for at in range(len(told)):
        pair = codes[at] * CLASSES + codes[at + 1]
        for one in range(BINS):
            whole[at, one] += reached[pair, one]
    return whole


@kernel
def features(codes: IntArray, binned: IntArray, told: Table, whole: Table) -> NDArray[np.float64]:
    """Return NAMES from what `around` and `within` returned; NaN where the content could tell nothing.

    How far latencies follow content, standard normal for independent draws; the same as a log-likelihood ratio, in nats per root of an
    interval, 0 where content explains them better than chance; and how far latencies of equal pairs follow the pairs around them, standard
    normal also for draws from a person's own pairs. More than SURE counts as SURE: how closely content is followed differs between
    tasks and devices, that it is followed does not.
    """
    n = len(binned)
    out = np.full(3, np.nan)
    everything = np.arange(n)
    scratch = np.empty((2, BINS))
    over, variance = _against_other_orders(whole, binned, everything, 0, n, scratch)
    if variance > _LEAST * n:
        out[0] = min(over / sqrt(variance), SURE)
        out[1] = min((over - variance / 2.0) / sqrt(n), 0.0)
    pairs = codes[:-1] * CLASSES + codes[1:]
    starts = np.zeros(PAIRS + 1, np.int64)
    for pair in pairs:
        starts[pair + 1] += 1
    starts = np.cumsum(starts)
    filled = starts[:-1].copy()
    for at in range(n):
        everything[filled[pairs[at]]] = at
        filled[pairs[at]] += 1
    over, variance = 0.0, 0.0
    for pair in range(PAIRS):
        if starts[pair + 1] - starts[pair] > 1:
            more, wider = _against_other_orders(told, binned, everything, starts[pair], starts[pair + 1], scratch)
            over += more
            variance += wider
    if variance > _LEAST * n:
        out[2] = min(over / sqrt(variance), SURE)
    return out


@kernel
def _against_other_orders(told: Table, binned: IntArray, members: IntArray, start: int, end: int, scratch: Table) -> tuple[float, float]:
    """Return by how much some intervals say more than their expectation over all orders of them, and the variance over those orders.

    They are `members` from `start` to `end`; `scratch` has room for two rows of bins.
    """
    n = end - start
    share, middle = scratch[0], scratch[1]
    for one in range(BINS):
        share[one] = middle[one] = 0.0
    said = 0.0
    for place in range(start, end):
        at = members[place]
        share[binned[at]] += 1.0 / n
        said += told[at, binned[at]]
        for one in range(BINS):
            middle[one] += told[at, one] / n
    grand = 0.0
    for one in range(BINS):
        grand += share[one] * middle[one]
    squares = 0.0
    for place in range(start, end):
        at = members[place]
        own, power = 0.0, 0.0
        for one in range(BINS):
            apart = told[at, one] - middle[one]
            own += share[one] * apart
            power += share[one] * apart * apart
        squares += power - own * own
    return said - n * grand, squares * n / (n - 1)


@kernel
def expected(whole: Table) -> NDArray[np.float64]:
    """Return which rank each interval's content lets expect: in what direction and how strongly its bins lean."""
    out = np.zeros(len(whole))
    for at in range(len(whole)):
        for one in range(BINS):
            out[at] += whole[at, one] * (one - (BINS - 1) / 2.0)
    return out
