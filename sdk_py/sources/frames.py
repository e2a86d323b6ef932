"""When the game drew its frames."""

from collections.abc import Callable
from typing import Final

from sdk_py.buffer import Ring, ticker
from sdk_py.losses import Losses

CAPACITY: Final = 16384
"""Frames kept while nothing can be sent: four and a half minutes at 60 Hz, and about half a megabyte."""


class Frames:
    """A ring of frame times."""

    def __init__(self, now: Callable[[], int], losses: Losses, capacity: int = CAPACITY) -> None:
        self.ring: Ring[int] = Ring(capacity, lambda count: losses.add("overflow_frames", count))
        self.frame = ticker(self.ring, now)

    def take(self, most: int) -> list[int]:
        """Remove and return up to `most` frame times, µs."""
        return [t_ns // 1000 for t_ns in self.ring.take(most)]
