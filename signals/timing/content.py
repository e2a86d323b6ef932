"""Latency bound to content: what a key is, and what came before and comes after, moves the time to reach it, for everybody alike.

Digraph latencies are the oldest signal of keystroke dynamics (Gaines et al., "Authentication by keystroke timing", RAND, 1980). Here they
identify nobody: the tables hold what the population shows for pairs of key classes, on ranks within the window, and the question is only
whether this window's latencies know about its content at all. Independent draws, also from a person's own intervals, don't.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.timing.quantise import BINS
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


def contexts(codes: IntArray, binned: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return the pair of classes of each interval, and the flat index (context * BINS + bin) of the last two tables."""
    return codes[:-1] * CLASSES + codes[1:], binned[:-1] * BINS + binned[1:], binned[:-2] * BINS + binned[2:]


def features(codes: IntArray, binned: IntArray, tables: Tables) -> NDArray[np.float64]:
    """Return NAMES: how far latencies follow content (about standard normal for independent draws), how much the content could tell
    (nats), and how far they follow the intervals before. `codes` has one more than `binned`."""
    pairs, previous, second = contexts(codes, binned)
    at = pairs * BINS
    told = (
        tables.reached.take(at + binned).sum()
        + tables.before.take(at[:-1] + binned[1:]).sum()
        + tables.after.take(at[1:] + binned[:-1]).sum()
    )
    counts = np.bincount(pairs, minlength=PAIRS)
    information, memory = _information(tables)
    possible = float(counts @ information)
    order = tables.previous.take(previous).sum() + tables.second.take(second).sum()
    could = memory * len(binned)
    return np.array((told / (possible + 1.0) ** 0.5, possible / len(binned), order / (could + 1.0) ** 0.5))


@lru_cache(maxsize=32)
def _information(tables: Tables) -> tuple[Table, float]:
    """Return how much each pair of classes could tell, and how much the order could, per interval."""
    told = (tables.reached**2 + tables.before**2 + tables.after**2).mean(axis=1)
    return told, float((tables.previous**2).mean() + (tables.second**2).mean())
