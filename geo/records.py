"""The structure of records, checked before the C reader follows it: a damaged pointer can lead that in circles until the process ends.

Format: the MaxMind DB File Format Specification 2.0, "Data Section". Only structure is looked at: sizes, bounds, types, where pointers
lead. Every item is looked at once, however many records share it, so the time is that of reading the file.
"""

from mmap import mmap

_POINTER, _STRING, _DOUBLE, _BYTES, _MAP, _ARRAY, _BOOLEAN, _FLOAT = 1, 2, 3, 4, 7, 11, 14, 15
_LONGEST = {5: 2, 6: 4, 8: 4, 9: 8, 10: 16}
"""Bytes of the integer types at most."""
_OFFSETS = (0, 2048, 526_336, 0)
_DEPTH = 32
_ITEMS = 100_000
"""More than any record has, once pointers are followed; a few damaged ones that multiply each other have more."""


class BrokenRecord(Exception):
    """A record that no writer wrote."""


class Records:
    """The items from `base` (pointers count from there) up to `end` of a file."""

    def __init__(self, data: mmap, base: int, end: int) -> None:
        self._data, self._base, self._end = data, base, end
        self._known: dict[int, int] = {}

    def check(self, offset: int) -> None:
        """Raise `BrokenRecord` if what begins at `offset`, counted from the base, is no sound record."""
        if offset < 0:
            raise BrokenRecord("a record begins before the data")
        self._target(self._base + offset, 0)

    def _target(self, at: int, depth: int) -> int:
        """Return how many items there are at `at`, with all that they lead to."""
        items = self._known.get(at)
        if items is None:
            if depth > _DEPTH:
                raise BrokenRecord("records lead in circles")
            items = self._known[at] = self._item(at, depth)[1]
        return items

    def _item(self, at: int, depth: int) -> tuple[int, int]:
        """Return where the item at `at` ends, and how many items it is."""
        if depth > _DEPTH:
            raise BrokenRecord("records are nested too deep")
        control = self._number(at, 1)
        kind, at = control >> 5, at + 1
        if kind == _POINTER:
            return self._pointer(control, at, depth)
        if kind == 0:
            kind, at = 7 + self._number(at, 1), at + 1
        size = control & 0x1F
        if size >= 29:
            more = size - 28
            size, at = (29, 285, 65_821)[more - 1] + self._number(at, more), at + more
        if kind in (_MAP, _ARRAY):
            return self._several(at, size, kind == _MAP, depth)
        if kind == _BOOLEAN:
            sound, size = size < 2, 0
        elif kind in _LONGEST:
            sound = size <= _LONGEST[kind]
        else:
            sound = kind in (_STRING, _BYTES) or (kind, size) in ((_DOUBLE, 8), (_FLOAT, 4))
        if not sound:
            raise BrokenRecord(f"an item of type {kind} with {size} bytes")
        if at + size > self._end:
            raise BrokenRecord("an item goes past the end")
        return at + size, 1

    def _pointer(self, control: int, at: int, depth: int) -> tuple[int, int]:
        length = control >> 3 & 3
        high = 0 if length == 3 else (control & 7) << 8 * (length + 1)
        target = self._base + high + self._number(at, length + 1) + _OFFSETS[length]
        if self._number(target, 1) >> 5 == _POINTER:
            raise BrokenRecord("a pointer leads to a pointer")
        return at + length + 1, self._target(target, depth + 1)

    def _several(self, at: int, size: int, named: bool, depth: int) -> tuple[int, int]:
        if size > self._end - at:
            raise BrokenRecord("more items than there is room for")
        items = 1
        for _ in range(size):
            if named:
                at, more = self._name(at, depth + 1)
                items += more
            at, more = self._item(at, depth + 1)
            items += more
            if items > _ITEMS:
                raise BrokenRecord("records lead in circles")
        return at, items

    def _name(self, at: int, depth: int) -> tuple[int, int]:
        control = self._number(at, 1)
        if control >> 5 == _POINTER:
            length = control >> 3 & 3
            high = 0 if length == 3 else (control & 7) << 8 * (length + 1)
            control = self._number(self._base + high + self._number(at + 1, length + 1) + _OFFSETS[length], 1)
        if control >> 5 != _STRING:
            raise BrokenRecord("a field without a name")
        return self._item(at, depth)

    def _number(self, at: int, length: int) -> int:
        if not self._base <= at <= self._end - length:
            raise BrokenRecord("a pointer leads out of the data")
        return int.from_bytes(self._data[at : at + length], "big")
