"""An index of signatures in memory: which of a million are near to one, in a fraction of a millisecond.

Signatures are kept sorted by each of their four slices. A search looks under a sketch's own slices and under those that noise would
most likely have made of them (multi-probe locality-sensitive hashing: Lv et al., VLDB 2007), and keeps what differs in few bits. What
was added last is looked through one by one until there is enough of it to sort.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

import numpy as np

from signals.replay.sketch import BITS, SLICE, Sketch, projected
from signals.types import IntArray

PROBES: Final = 48
NEAR: Final = 17
"""Bits of 64 in which the signature of a replay may differ: 9 is common at 60 ms of noise."""
NEAR_BEFORE: Final = 19
NEAR_ALONE: Final = 12
"""Bits where only the intervals behind the anchor can be compared: so few have to be almost the same to tell anything."""
MOST: Final = 64
"""Ids that one search returns, the nearest first."""
UNSORTED: Final = 8192
"""Signatures that may wait to be sorted, at least; a quarter of those that are."""

_SLICES: Final = BITS // SLICE
_KEYS: Final = 1 << SLICE
_WEAK: Final = 10
"""Bits of a slice that may be flipped: those whose projections are nearest to zero."""
NONE: Final = 0
"""Stands for a signature that is not there."""


class SignatureIndex:
    """Signatures of one channel by id."""

    def __init__(self) -> None:
        self._ids = np.empty(0, np.int64)
        self._signatures = np.empty(0, np.int64)
        self._before = np.empty(0, np.int64)
        self._sorted = 0
        self._size = 0
        self._orders: list[IntArray] = []
        self._starts: list[IntArray] = []

    def __len__(self) -> int:
        return self._size

    def add(self, ids: IntArray, signatures: IntArray, before: IntArray) -> None:
        """Take in signatures of shape (n,); `before` is NONE where a sketch has none."""
        size = self._size + len(ids)
        if size > len(self._ids):
            room = max(1024, 2 * size)
            self._ids, self._signatures, self._before = (np.resize(column, room) for column in (self._ids, self._signatures, self._before))
        for column, values in ((self._ids, ids), (self._signatures, signatures), (self._before, before)):
            column[self._size : size] = values
        self._size = size
        if size - self._sorted > max(UNSORTED, self._sorted // 4):
            self._sort()

    def search(self, sketch: Sketch) -> list[int]:
        """Return the ids of what is near, the nearest first."""
        places = np.concatenate((self._probed(sketch), np.arange(self._sorted, self._size)))
        apart = np.bitwise_count((self._signatures[places] ^ np.int64(sketch.signature)).view(np.uint64)).astype(np.int64)
        near = apart <= NEAR
        places, apart = places[near], apart[near]
        comparable = (self._before[places] != NONE) & (sketch.before is not None)
        rest = np.bitwise_count((self._before[places] ^ np.int64(sketch.before or NONE)).view(np.uint64))
        good = np.where(comparable, rest <= NEAR_BEFORE, apart <= NEAR_ALONE)
        places, apart = places[good], apart[good]
        return list(dict.fromkeys(self._ids[places[np.argsort(apart, kind="stable")]].tolist()))[:MOST]

    def _probed(self, sketch: Sketch) -> IntArray:
        if not self._sorted:
            return np.empty(0, np.int64)
        margins = projected(sketch) ** 2
        slices = _slices(np.array([sketch.signature]))
        found = []
        for number, (order, starts) in enumerate(zip(self._orders, self._starts, strict=True)):
            keys = slices[number][0] ^ _flips(margins[number * SLICE : (number + 1) * SLICE])
            begins, ends = starts[keys], starts[keys + 1]
            counts = ends - begins
            # the places of all buckets in one go: a bucket's begin, less what came before it, plus a running number
            shifts = np.repeat(begins - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
            found.append(order[shifts + np.arange(len(shifts))])
        return np.concatenate(found)

    def _sort(self) -> None:
        self._orders, self._starts = [], []
        for keys in _slices(self._signatures[: self._size]):
            order = np.argsort(keys, kind="stable")
            self._orders.append(order)
            self._starts.append(np.searchsorted(keys[order], np.arange(_KEYS + 1)))
        self._sorted = self._size


def _slices(signatures: IntArray) -> list[IntArray]:
    return [(signatures >> (number * SLICE)) & (_KEYS - 1) for number in range(_SLICES)]


def _flips(costs: np.ndarray[tuple[int], np.dtype[np.float64]]) -> IntArray:
    """Return what to XOR with a key to have the likeliest ones first."""
    weakest = np.argsort(costs)[:_WEAK]
    order = np.argsort(_SUBSETS @ costs[weakest], kind="stable")[:PROBES]
    flips: IntArray = _CHOSEN[order] @ (1 << weakest)
    return flips


def _subsets() -> Iterator[list[float]]:
    for size in range(4):
        for chosen in combinations(range(_WEAK), size):
            yield [float(place in chosen) for place in range(_WEAK)]


_SUBSETS: Final = np.array(list(_subsets()))
_CHOSEN: Final = _SUBSETS.astype(np.int64)
