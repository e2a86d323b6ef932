"""Loops over the bytes of MMDB files, compiled: one step down a search tree, and the structure of everything that a tree leads to.

A damaged pointer can lead `maxminddb`'s C reader in circles until the process ends, so nothing is served whose structure was not looked at:
sizes, bounds, types, where pointers lead. Every item is looked at once, however many records share it, so the time is that of reading the
file. Format: the MaxMind DB File Format Specification 2.0, "Binary Search Tree Section" and "Data Section".

The machine code is kept beside the source or in the user's cache folder, so only the first run after an install compiles.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
F = TypeVar("F", bound=Callable[..., Any])

FAULTS: Final = (
    "",
    "a record begins before the data",
    "a pointer leads out of the data",
    "a pointer leads to a pointer",
    "records lead in circles",
    "records are nested too deep",
    "more items than there is room for",
    "a field without a name",
    "an item of a type or a size that there is not",
    "an item goes past the end",
)
"""What the numbers mean that `check` and `survey` return; 0 where all is sound."""
_BEFORE, _OUT, _CHAIN, _CIRCLE, _DEEP, _ROOM, _NAMELESS, _STRANGE, _PAST = range(1, 10)
_DEPTH = 32
_ITEMS = 100_000
"""More than any record has, once pointers are followed; a few damaged ones that multiply each other have more."""
_UNDER_WAY = 255
_POINTER, _STRING, _DOUBLE, _BYTES, _MAP, _ARRAY, _BOOLEAN, _FLOAT = 1, 2, 3, 4, 7, 11, 14, 15
_LONGEST = np.array([0, 0, 0, 0, 0, 2, 4, 0, 4, 8, 16, 0, 0, 0, 0, 0], np.int64)
"""Bytes of the integer types at most, by type."""


def _compiled(function: F) -> F:
    try:
        return cast("F", njit(cache=True)(function))
    except RuntimeError:  # no folder to keep it in
        return cast("F", njit(function))


@_compiled
def _number(data: Bytes, at: int, length: int) -> int:
    value = np.int64(0)
    for place in range(at, at + length):
        value = value << 8 | np.int64(data[place])
    return value  # type: ignore[return-value]  # an integer to whoever calls it


@_compiled
def child(rows: Bytes, record_size: int, node: int, right: int) -> int:
    """Return what the left or right (`right` 0 or 1) half of a node's addresses leads to. `rows`: the tree's bytes, one dimension."""
    if record_size == 28:
        at = node * 7
        if right:
            return (np.int64(rows[at + 3]) & 0x0F) << 24 | _number(rows, at + 4, 3)  # type: ignore[return-value]
        return (np.int64(rows[at + 3]) & 0xF0) << 20 | _number(rows, at, 3)  # type: ignore[return-value]
    size = record_size >> 3
    return _number(rows, (2 * node + right) * size, size)


@_compiled
def follow(rows: Bytes, record_size: int, node_count: int, node: int, bits: int, width: int) -> int:
    """Return where the `width` (32 or 64) bits of an address lead from `node`: to a record, to a node, or to `node_count` for none.

    `bits` is a number, signed where there are 64 of them.
    """
    while width > 0 and node < node_count:
        width -= 1
        node = child(rows, record_size, node, bits >> width & 1)
    return node


@_compiled
def check(data: Bytes, base: int, end: int, offset: int, known: Bytes, stack: NDArray[np.int64]) -> int:
    """Look at what begins at `offset`, counted from `base`, and at all that it leads to. Returns 0, or an index of `FAULTS`.

    `known` has a byte for each of the data's: 0 where nothing was looked at, else how many items begin there (their power of two, and 1
    more). `stack` is room of shape (5, 34) or more: what is left of each level, its items, where to go on, where it began, is it a map.
    """
    if offset < 0:
        return _BEFORE
    if offset >= end - base:
        return _OUT
    if known[offset]:
        return 0
    left, items, back, start, named = stack[0], stack[1], stack[2], stack[3], stack[4]
    left[0], items[0], back[0], start[0], named[0] = 1, 0, -1, offset, 0
    known[offset] = _UNDER_WAY
    depth, at = 0, base + offset
    while True:
        if items[depth] > _ITEMS:
            return _CIRCLE
        if left[depth] == 0:
            if start[depth] >= 0:
                power = 0
                while 1 << power < items[depth]:
                    power += 1
                known[start[depth]] = power + 1
            if depth == 0:
                return 0
            if back[depth] >= 0:
                at = back[depth]
            depth -= 1
            items[depth] += items[depth + 1]
            continue
        name = named[depth] == 1 and left[depth] % 2 == 0
        left[depth] -= 1
        if at >= end:
            return _OUT
        control = _number(data, at, 1)
        kind = control >> 5
        at += 1
        if kind == _POINTER:
            length = (control >> 3 & 3) + 1
            if at + length > end:
                return _OUT
            high = 0 if length == 4 else (control & 7) << 8 * length
            target = high + _number(data, at, length) + (2048 if length == 2 else 526_336 if length == 3 else 0)
            at += length
            if target >= end - base:
                return _OUT
            there = data[base + target] >> 5
            if there == _POINTER:
                return _CHAIN
            if name and there != _STRING:
                return _NAMELESS
            if known[target] == _UNDER_WAY:
                return _CIRCLE
            if known[target]:
                items[depth] += 1 << (np.int64(known[target]) - 1)
                continue
            depth += 1
            if depth > _DEPTH:
                return _DEEP
            left[depth], items[depth], back[depth], start[depth], named[depth] = 1, 0, at, target, 0
            known[target] = _UNDER_WAY
            at = base + target
            continue
        if name and kind != _STRING:
            return _NAMELESS
        if kind == 0:
            if at >= end:
                return _OUT
            kind = 7 + _number(data, at, 1)
            at += 1
        size = control & 0x1F
        if size >= 29:
            more = size - 28
            if at + more > end:
                return _OUT
            size = (29 if more == 1 else 285 if more == 2 else 65_821) + _number(data, at, more)
            at += more
        if kind in (_MAP, _ARRAY):
            if size > end - at:
                return _ROOM
            depth += 1
            if depth > _DEPTH:
                return _DEEP
            maps = 1 if kind == _MAP else 0
            left[depth], items[depth], back[depth], start[depth], named[depth] = size << maps, 1, -1, -1, maps
            continue
        if kind == _BOOLEAN:
            if size > 1:
                return _STRANGE
            size = 0
        elif kind in (_DOUBLE, _FLOAT):
            if size != (8 if kind == _DOUBLE else 4):
                return _STRANGE
        elif kind != _STRING and kind != _BYTES and (kind > 15 or size > _LONGEST[kind] or _LONGEST[kind] == 0):
            return _STRANGE
        if at + size > end:
            return _PAST
        at += size
        items[depth] += 1


@_compiled
def survey(rows: Bytes, record_size: int, node_count: int, data: Bytes, base: int, end: int) -> int:
    """Look at every record that a node of the tree leads to, whose data are from `base` to `end`. Returns 0, or an index of `FAULTS`."""
    known = np.zeros(end - base, np.uint8)
    stack = np.zeros((5, _DEPTH + 2), np.int64)
    for node in range(node_count):
        for right in range(2):
            to = child(rows, record_size, node, right)
            if to > node_count:
                fault = check(data, base, end, to - node_count - 16, known, stack)
                if fault:
                    return fault
    return 0
