"""The search tree of an MMDB file, read whole: which addresses lead to which record.

`maxminddb` answers for one address at a time; to lay several files into one table all their networks are needed, and numpy reads a level
of the tree at once. Format: the MaxMind DB File Format Specification 2.0, "Binary Search Tree Section".
"""

from dataclasses import dataclass
from mmap import mmap
from random import Random

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int64]
Starts = NDArray[np.uint64]

_TOP = 64
_ALIASES = ((16, 0x2002 << 48), (32, 0x2001_0000 << 32))
"""6to4 and Teredo: MaxMind's trees lead from there back into the IPv4 part, and addresses are unwrapped before they are looked up."""


class BrokenTree(Exception):
    """The tree leads nowhere, or in circles."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """Disjoint networks in rising order that cover the whole address space: from `(high[i], low[i])` on leads to `record[i]`.

    For IPv4 the address is in `low`. `record` is 0 where there is none, else a number that is equal for equal records.
    """

    high: Starts
    low: Starts
    record: Nodes


class Tree:
    """The tree of a file given as bytes, with the three numbers of its metadata that describe it."""

    def __init__(self, data: bytes | mmap, *, node_count: int, record_size: int, ip_version: int) -> None:
        size = {24: 6, 28: 7, 32: 8}.get(record_size)
        if size is None or node_count <= 0 or node_count * size > len(data):
            raise BrokenTree(f"{node_count} nodes of {record_size} bits are not in the file")
        self._data, self._bytes = data, size
        self.rows = np.frombuffer(data, np.uint8, node_count * size)
        """The bytes of all nodes, one after the other."""
        self._rows = self.rows.reshape(-1, size)
        self.record_size = record_size
        self.node_count = self._count = node_count
        self._version = ip_version

        self.ipv4_root = self._find_ipv4_root()
        """Where IPv4 addresses begin: a node, a record that holds for all of them, or `node_count` where there are none."""

    def _find_ipv4_root(self) -> int:
        node = 0
        if self._version == 6:
            for _ in range(96):
                if node >= self._count:
                    break
                node = self._pair(node)[0]
        return node

    @property
    def has_ipv4(self) -> bool:
        """Whether any IPv4 network can be in the file."""
        return self.ipv4_root != self._count

    @property
    def size(self) -> int:
        """Bytes of the tree; the records begin 16 bytes after it."""
        return self._rows.size

    def descend(self, dice: Random) -> int | None:
        """Return an address that leads to a record, chosen by `dice`: below 2**32 an IPv4 one. None after a dead end.

        IPv4 and IPv6 are as likely; below that every fork is.
        """
        width, node, number = (128, 0, 0) if self._version == 6 and dice.random() < 0.5 else (32, self.ipv4_root, 0)
        for depth in range(width):
            if node >= self._count:
                return None if node == self._count else number
            left, right = self._pair(node)
            go_right = right != self._count and (left == self._count or dice.random() < 0.5)
            number |= go_right << (width - 1 - depth)
            node = right if go_right else left
        if node < self._count:
            raise BrokenTree("the search tree leads in circles")
        return None if node == self._count else number

    def _pair(self, node: int) -> tuple[int, int]:
        at = node * self._bytes
        row = int.from_bytes(self._data[at : at + self._bytes], "big")
        if self.record_size == 28:
            # the middle byte holds the highest four bits of both
            return row >> 4 & 0xF00_0000 | row >> 32, row & 0xFFF_FFFF
        return row >> self.record_size, row & (1 << self.record_size) - 1

    def ipv4(self) -> Leaves:
        """Return the IPv4 networks."""
        return self._walk(self.ipv4_root, 96)

    def ipv6(self) -> Leaves:
        """Return the IPv6 networks, without those that stand for IPv4."""
        return self._walk(0 if self._version == 6 else self._count, 0)

    def _walk(self, root: int, depth: int) -> Leaves:
        nodes, high, low = np.array([root], np.int64), np.zeros(1, np.uint64), np.zeros(1, np.uint64)
        found: list[tuple[Starts, Starts, Nodes]] = []
        seen = 0
        while True:
            inner = nodes < self._count
            if depth == 96 and root == 0 and self._version == 6:
                inner &= (high != 0) | ((low != 0) & (low != np.uint64(0xFFFF << 32)))
            for at, prefix in _ALIASES:
                if depth == at:
                    inner &= high != np.uint64(prefix)
            records = np.where(nodes > self._count, nodes, 0)
            found.append((high[~inner], low[~inner], records[~inner]))
            nodes, high, low = nodes[inner], high[inner], low[inner]
            if not len(nodes):
                break
            seen += len(nodes)
            if depth == 128 or seen > self._count:
                raise BrokenTree("the search tree leads in circles")
            left, right = self._children(nodes)
            bit = np.uint64(1 << (63 - depth % _TOP))
            nodes = np.concatenate((left, right))
            high = np.concatenate((high, high | bit if depth < _TOP else high))
            low = np.concatenate((low, low | bit if depth >= _TOP else low))
            depth += 1
        high, low, records = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.lexsort((low, high))
        return _joined(high[order], low[order], records[order])

    def _children(self, nodes: Nodes) -> tuple[Nodes, Nodes]:
        row = self._rows[nodes].astype(np.int64).T
        if self.record_size == 24:
            return row[0] << 16 | row[1] << 8 | row[2], row[3] << 16 | row[4] << 8 | row[5]
        if self.record_size == 28:
            left = (row[3] & 0xF0) << 20 | row[0] << 16 | row[1] << 8 | row[2]
            return left, (row[3] & 0x0F) << 24 | row[4] << 16 | row[5] << 8 | row[6]
        return row[0] << 24 | row[1] << 16 | row[2] << 8 | row[3], row[4] << 24 | row[5] << 16 | row[6] << 8 | row[7]


def _joined(high: Starts, low: Starts, record: Nodes) -> Leaves:
    """Neighbours that lead to the same record become one."""
    first = np.ones(len(record), bool)
    first[1:] = record[1:] != record[:-1]
    return Leaves(high[first], low[first], record[first])
