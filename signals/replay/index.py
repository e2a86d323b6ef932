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

from signals.kernel import kernel
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
_NO_FLIPS: Final = np.empty((_SLICES, PROBES), np.int64)
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
        flips = _flips(projected(sketch).reshape(_SLICES, SLICE) ** 2) if self._sorted else _NO_FLIPS
        places = _near(self._signatures[: self._size], self._sorted, self._orders, self._starts, flips, sketch.signature)
        if not len(places):
            return []
        apart = _apart(self._signatures[places], sketch.signature)
        comparable = (self._before[places] != NONE) & (sketch.before is not None)
        rest = _apart(self._before[places], sketch.before or NONE)
        good = np.where(comparable, rest <= NEAR_BEFORE, apart <= NEAR_ALONE)
        nearest = np.argsort(apart[good], kind="stable")
        return list(dict.fromkeys(self._ids[places[good][nearest]].tolist()))[:MOST]

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


@kernel
def _near(
    signatures: IntArray,
    ordered: int,
    orders: NDArray[np.int32],
    starts: IntArray,
    flips: IntArray,
    signature: int,
) -> IntArray:
    """Return the places of what differs in NEAR bits at most: under the likeliest keys of each slice, and all that is not sorted yet."""
    buckets = np.empty((_SLICES * PROBES, 2), np.int64)
    count, most = 0, len(signatures) - ordered
    if ordered:
        for part in range(_SLICES):
            for flip in range(PROBES):
                key = ((signature >> (part * SLICE)) & (_KEYS - 1)) ^ flips[part, flip]
                buckets[count, 0], buckets[count, 1] = starts[part, key], starts[part, key + 1]
                most += starts[part, key + 1] - starts[part, key]
                count += 1
    places = np.empty(most, np.int64)
    found = 0
    for bucket in range(count):
        for at in range(buckets[bucket, 0], buckets[bucket, 1]):
            if _bits(signatures[orders[at]] ^ signature) <= NEAR:
                places[found] = orders[at]
                found += 1
    for place in range(ordered, len(signatures)):
        if _bits(signatures[place] ^ signature) <= NEAR:
            places[found] = place
            found += 1
    return places[:found]


@kernel
def _bits(value: int) -> int:
    """Return how many bits of 64 are set (Warren, "Hacker's Delight", 5-1)."""
    word = np.uint64(value)
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


def _flips(costs: NDArray[np.float64]) -> IntArray:
    """Return what to XOR with each slice to have its PROBES likeliest keys, shape (slices, PROBES).

    `costs` is what it takes to flip each of a slice's bits, shape (slices, bits).
    """
    weakest = np.argsort(costs, axis=1)[:, :_WEAK]
    totals = np.take_along_axis(costs, weakest, axis=1) @ _CHOSEN.T
    flips = (np.int64(1) << weakest) @ _CHOSEN.T
    likeliest: IntArray = np.take_along_axis(flips, np.argpartition(totals, PROBES, axis=1)[:, :PROBES], axis=1)
    return likeliest


def _subsets() -> Iterator[list[bool]]:
    for size in range(4):
        for chosen in combinations(range(_WEAK), size):
            yield [place in chosen for place in range(_WEAK)]


_CHOSEN: Final = np.array(list(_subsets()), np.int64)
"""Which of the weakest bits are flipped, a row for each subset of up to three."""
