"""An index of signatures in memory: which of a million are near to one, within a millisecond.

Signatures are kept sorted by each of their four slices. A search looks under a sketch's own slices and under those that noise would
most likely have made of them (multi-probe locality-sensitive hashing: Lv et al., VLDB 2007), and keeps what differs in few bits. What
was added last is looked through one by one until there is enough of it to sort.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

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
        self._orders: NDArray[np.int32] = np.empty(0, np.int32)
        """Places sorted by slice, all slices one after the other."""
        self._starts: IntArray = np.empty((_SLICES, 0), np.int64)
        """Where each key of a slice begins in it."""

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
        probed = self._probed(sketch)
        waiting = slice(self._sorted, self._size)
        probed = probed[_apart(self._signatures[probed], sketch.signature) <= NEAR]
        unsorted = np.flatnonzero(_apart(self._signatures[waiting], sketch.signature) <= NEAR) + self._sorted
        places = np.concatenate((probed, unsorted))
        apart = _apart(self._signatures[places], sketch.signature)
        comparable = (self._before[places] != NONE) & (sketch.before is not None)
        rest = _apart(self._before[places], sketch.before or NONE)
        good = np.where(comparable, rest <= NEAR_BEFORE, apart <= NEAR_ALONE)
        nearest = np.argsort(apart[good], kind="stable")
        return list(dict.fromkeys(self._ids[places[good][nearest]].tolist()))[:MOST]

    def _probed(self, sketch: Sketch) -> IntArray:
        if not self._sorted:
            return np.empty(0, np.int64)
        keys = _slices(np.array([sketch.signature])) ^ _flips(projected(sketch).reshape(_SLICES, SLICE) ** 2)
        begins = np.take_along_axis(self._starts, keys, axis=1).ravel()
        counts = np.take_along_axis(self._starts, keys + 1, axis=1).ravel() - begins
        # the places of all buckets in one go: each bucket's begin, less what came before it, plus a running number
        ends = np.cumsum(counts)
        places = np.repeat(begins - ends + counts, counts) + np.arange(ends[-1])
        found: IntArray = self._orders[places].astype(np.int64)
        return found

    def _sort(self) -> None:
        keys = _slices(self._signatures[: self._size])
        orders = np.argsort(keys, axis=1, kind="stable")
        numbers = np.arange(_KEYS + 1)
        starts = [np.searchsorted(one[order], numbers) for one, order in zip(keys, orders, strict=True)]
        self._starts = np.array(starts) + self._size * np.arange(_SLICES)[:, None]
        self._orders, self._sorted = orders.astype(np.int32).ravel(), self._size


def _apart(signatures: IntArray, signature: int) -> NDArray[np.uint8]:
    """Return in how many bits each differs."""
    return np.bitwise_count((signatures ^ np.int64(signature)).view(np.uint64))


def _slices(signatures: IntArray) -> IntArray:
    """Return the keys of n signatures, shape (slices, n)."""
    return np.stack([(signatures >> (number * SLICE)) & (_KEYS - 1) for number in range(_SLICES)])


def _flips(costs: NDArray[np.float64]) -> IntArray:
    """Return what to XOR with each slice to have the likeliest keys, shape (slices, PROBES)."""
    weakest = np.argsort(costs, axis=1)[:, :_WEAK]
    likeliest = np.argpartition(np.take_along_axis(costs, weakest, axis=1) @ _SUBSETS.T, PROBES, axis=1)[:, :PROBES]
    flips: IntArray = np.einsum("spw,sw->sp", _CHOSEN[likeliest], 1 << weakest)
    return flips


def _subsets() -> Iterator[list[float]]:
    for size in range(4):
        for chosen in combinations(range(_WEAK), size):
            yield [float(place in chosen) for place in range(_WEAK)]


_SUBSETS: Final = np.array(list(_subsets()))
_CHOSEN: Final = _SUBSETS.astype(np.int64)
