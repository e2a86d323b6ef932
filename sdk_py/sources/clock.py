"""The two clocks of a client. Events, frames and clock pairs all read the same monotonic one."""

import time
from collections.abc import Callable

from wire.schema import ClockPair


class Clock:
    """`mono_ns` never goes back (`perf_counter`: on Windows `monotonic` ticks at 15.6 ms); `wall_ns` counts since the Unix epoch."""

    def __init__(self, mono_ns: Callable[[], int] = time.perf_counter_ns, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self.mono_ns = mono_ns
        self.wall_ns = wall_ns

    def read(self) -> ClockPair:
        """Return both clocks, µs, read together."""
        before = self.mono_ns()
        wall = self.wall_ns()
        after = self.mono_ns()
        return ClockPair(mono_us=(before + after) // 2000, wall_us=wall // 1000)
