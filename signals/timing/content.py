"""Latency bound to content: what a key is, and what came before and comes after, moves the time to reach it, for everybody alike.

Digraph latencies are the oldest signal of keystroke dynamics (Gaines et al., "Authentication by keystroke timing", RAND, 1980). Here they
identify nobody: the tables hold what the population shows for pairs of key classes, on ranks within the window, and the question is only
whether this window's latencies know about its content at all. Independent draws, also from a person's own intervals, don't.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.types import IntArray

CLASSES: Final = 13
PAIRS: Final = CLASSES * CLASSES
NAMES: Final = ("content", "content_information", "order")

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


def features(codes: IntArray, binned: IntArray, tables: Tables) -> NDArray[np.float64]:
    """Return NAMES: how far latencies follow content (about standard normal for independent draws), how much the content could tell
    (nats), and how far they follow the intervals before. `codes` has one more than `binned`."""
    information, memory = _information(tables)
    return _features(codes, binned, tables.reached, tables.before, tables.after, tables.previous, tables.second, information, memory)


@kernel
def _features(
    codes: IntArray,
    binned: IntArray,
    reached: Table,
    before: Table,
    after: Table,
    previous: Table,
    second: Table,
    information: Table,
    memory: float,
) -> Table:
    n = len(binned)
    told, possible, order = 0.0, 0.0, 0.0
    for at in range(n):
        one = binned[at]
        pair = codes[at] * CLASSES + codes[at + 1]
        told += reached[pair, one]
        possible += information[pair]
        if at > 0:
            told += before[codes[at - 1] * CLASSES + codes[at], one]
            order += previous[binned[at - 1], one]
        if at > 1:
            order += second[binned[at - 2], one]
        if at < n - 1:
            told += after[codes[at + 1] * CLASSES + codes[at + 2], one]
    out = np.empty(3)
    out[0] = told / sqrt(possible + 1.0)
    out[1] = possible / n
    out[2] = order / sqrt(memory * n + 1.0)
    return out


@lru_cache(maxsize=32)
def _information(tables: Tables) -> tuple[Table, float]:
    """Return how much each pair of classes could tell, and how much the order could, per interval."""
    told = (tables.reached**2 + tables.before**2 + tables.after**2).mean(axis=1)
    return told, float((tables.previous**2).mean() + (tables.second**2).mean())
