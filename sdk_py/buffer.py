"""A bounded ring: the newest stay, the oldest go, and each one that goes is counted."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

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


def recorder(ring: Ring[Recorded], now: Callable[[], int]) -> Callable[..., None]:
    """Return `record(kind, code=0, x=0, y=0)` for a ring: a closure, because this runs at every event of the game's input."""
    items, append, capacity, spill = ring.items, ring.items.append, ring.capacity, ring.spill

    def record(kind: int, code: int = 0, x: int = 0, y: int = 0) -> None:
        append((now(), kind, code, x, y))
        if len(items) > capacity:
            spill()

    return record


def ticker(ring: Ring[int], now: Callable[[], int]) -> Callable[[], None]:
    """Return `frame()` for a ring of frame times."""
    items, append, capacity, spill = ring.items, ring.items.append, ring.capacity, ring.spill

    def frame() -> None:
        append(now())
        if len(items) > capacity:
            spill()

    return frame
