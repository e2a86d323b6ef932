"""Time as an argument, so that tests can freeze it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks, in microseconds."""

    def wall_us(self) -> int:
        """Return microseconds since the Unix epoch."""
        ...

    def mono_us(self) -> int:
        """Return microseconds on a clock that never goes back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def wall_us(self) -> int:
        return time.time_ns() // 1000

    def mono_us(self) -> int:
        return time.monotonic_ns() // 1000
