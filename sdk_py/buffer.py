"""A bounded ring: the newest stay, the oldest go, and each one that goes is counted."""

import time
from collections import deque
from collections.abc import Callable
from types import FunctionType
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Ring(Generic[T]):
    """Recording happens in the caller (`items.append`, then `spill` where there are more than `capacity`): see `recorder`.

    `deque` keeps single appends and pops whole among threads. Bounding by a counted pop, not by `maxlen`, is what makes the count exact.
    """

    def __init__(self, capacity: int, spilled: Callable[[int], None]) -> None:
        self.capacity = capacity
        self.items: deque[T] = deque()
        self._spilled = spilled

    def spill(self) -> None:
        """Drop the oldest and count it."""
        try:
            self.items.popleft()
        except IndexError:
            return
        self._spilled(1)

    def put(self, item: T) -> None:
        """Append one, dropping the oldest where there is no room."""
        self.items.append(item)
        if len(self.items) > self.capacity:
            self.spill()

    def take(self, most: int) -> list[T]:
        """Remove and return up to `most`, the oldest first."""
        pop = self.items.popleft
        taken: list[T] = []
        try:
            while len(taken) < most:
                taken.append(pop())
        except IndexError:
            pass
        return taken

    def __len__(self) -> int:
        return len(self.items)


Recorded = tuple[int, int, int, int, int]
"""(monotonic ns, kind, code, x, y), as the game gave them."""


# What the templates below read. Each recorder has values of its own; these keep nothing.
_items: deque[Any] = deque(maxlen=0)
_now: Callable[[], int] = time.perf_counter_ns
_capacity: int = 0
_spill: Callable[[], None] = _items.clear


def _record(kind: int, code: int = 0, x: int = 0, y: int = 0) -> None:
    _items.append((_now(), kind, code, x, y))
    if len(_items) > _capacity:
        _spill()


def _frame() -> None:
    _items.append(_now())
    if len(_items) > _capacity:
        _spill()


def recorder(ring: Ring[Recorded], now: Callable[[], int]) -> Callable[..., None]:
    """Return `record(kind, code=0, x=0, y=0)` for a ring."""
    return _bound_to(_record, ring, now)


def ticker(ring: Ring[int], now: Callable[[], int]) -> Callable[[], None]:
    """Return `frame()` for a ring of frame times."""
    return _bound_to(_frame, ring, now)


def _bound_to(template: Callable[..., None], ring: Ring[Any], now: Callable[[], int]) -> Callable[..., None]:
    """Return a copy of a template whose globals are this ring's: they are read faster than a closure's cells or attributes."""
    assert isinstance(template, FunctionType)
    own = {"_items": ring.items, "_now": now, "_capacity": ring.capacity, "_spill": ring.spill, "len": len}
    return FunctionType(template.__code__, own, template.__name__.lstrip("_"), template.__defaults__)
