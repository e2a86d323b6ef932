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

PROBES: Final = 64
NEAR: Final = 21
"""Bits of 64 in which the signature of a replay may differ: 9 is common at 60 ms of noise."""
NEAR_BOTH: Final = 34
"""Bits of 128 in which those behind and before the anchor may differ together."""
ALONE: Final = 24
"""Bits that count as different before the anchor where there are none to be compared, or others, as after a cut: then 10 may differ
behind it."""
MOST: Final = 24
"""Ids that one search returns, the nearest first: a replay is nearly always the very first."""
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
        self._ordered = np.empty(0, np.int64)
        """The signatures there: side by side, so that a search reads them in a row."""
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
        kept = (self._signatures[: self._size], self._before[: self._size], self._sorted)
        sorted_by_slice = (self._orders, self._ordered, self._starts)
        places, apart = _near(*kept, *sorted_by_slice, flips, sketch.signature, sketch.before or NONE)
        nearest = np.argsort(apart, kind="stable")[: _SLICES * MOST]
        return list(dict.fromkeys(self._ids[places[nearest]].tolist()))[:MOST]

    def _sort(self) -> None:
        keys = _slices(self._signatures[: self._size])
        orders = np.argsort(keys, axis=1, kind="stable")
        numbers = np.arange(_KEYS + 1)
        starts = [np.searchsorted(one[order], numbers) for one, order in zip(keys, orders, strict=True)]
        self._starts = np.array(starts) + self._size * np.arange(_SLICES)[:, None]
        self._orders, self._sorted = orders.astype(np.int32).ravel(), self._size
        self._ordered = self._signatures[self._orders]


def _slices(signatures: IntArray) -> IntArray:
    """Return the keys of n signatures, shape (slices, n)."""
    return np.stack([(signatures >> (number * SLICE)) & (_KEYS - 1) for number in range(_SLICES)])


@kernel
def _near(
    signatures: IntArray,
    before: IntArray,
    sorted_size: int,
    orders: NDArray[np.int32],
    ordered: IntArray,
    starts: IntArray,
    flips: IntArray,
    signature: int,
    rest: int,
) -> tuple[IntArray, IntArray]:
    """Return the places of what is near, and in how many bits of 128 it differs: under the likeliest keys of each slice, and all that is
    not sorted yet."""
    most = len(signatures) - sorted_size
    if sorted_size:
        for part in range(_SLICES):
            for flip in range(PROBES):
                key = ((signature >> (part * SLICE)) & (_KEYS - 1)) ^ flips[part, flip]
                most += starts[part, key + 1] - starts[part, key]
    places, apart = np.empty(most, np.int64), np.empty(most, np.int64)
    found = 0
    if sorted_size:
        for part in range(_SLICES):
            for flip in range(PROBES):
                key = ((signature >> (part * SLICE)) & (_KEYS - 1)) ^ flips[part, flip]
                for at in range(starts[part, key], starts[part, key + 1]):
                    behind = _bits(ordered[at] ^ signature)
                    if behind <= NEAR:
                        places[found] = orders[at]
                        apart[found] = _together(behind, before[orders[at]], rest)
                        found += apart[found] <= NEAR_BOTH
    for place in range(sorted_size, len(signatures)):
        behind = _bits(signatures[place] ^ signature)
        if behind <= NEAR:
            places[found] = place
            apart[found] = _together(behind, before[place], rest)
            found += apart[found] <= NEAR_BOTH
    return places[:found], apart[:found]


@kernel
def _together(behind: int, one: int, other: int) -> int:
    """Return the bits of 128 that differ behind and before the anchor; where those before can't be compared, or are others because of a
    cut, as if chance alone had let so few differ behind it."""
    cut = behind + ALONE
    return min(cut, behind + _bits(one ^ other)) if one != NONE and other != NONE else cut


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
