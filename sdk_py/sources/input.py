"""The player's input: what was recorded, cleaned for the wire."""

from collections.abc import Callable
from typing import Final

from sdk_py.buffer import Recorded, Ring, recorder
from sdk_py.losses import Losses
from wire import kinds
from wire.columns import MAX_POSITION, Event

CAPACITY: Final = 16384
"""Events kept while nothing can be sent: about two minutes of a mouse that moves without a pause, and under 4 MB."""

_PLACELESS: Final = frozenset({kinds.KEY_DOWN, kinds.KEY_UP, kinds.PAD})


class Input:
    """A ring of events. Keys and pads have no place of their own: they repeat the pointer's."""

    def __init__(self, now: Callable[[], int], losses: Losses, capacity: int = CAPACITY) -> None:
        self.ring: Ring[Recorded] = Ring(capacity, lambda count: losses.add("overflow", count))
        self.record = recorder(self.ring, now)
        self._losses = losses
        self._last_us = 0
        self._place = (0, 0)

    def take(self, most: int) -> list[Event]:
        """Remove and return up to `most` events as (µs, kind, code, x, y), in time order; what no event can be is counted as `invalid`."""
        taken: list[Event] = []
        for recorded in self.ring.take(most):
            try:
                taken.append(self._clean(*recorded))
            except (TypeError, ValueError, OverflowError):
                self._losses.add("invalid")
        return taken

    def _clean(self, t_ns: int, kind: int, code: int, x: int, y: int) -> Event:
        kind, code = int(kind), int(code)
        if not (kinds.FIRST_KIND <= kind <= kinds.LAST_KIND and 0 <= code <= 255):
            raise ValueError("no such kind or code")
        if kind not in _PLACELESS:
            self._place = (_clip(int(x)), _clip(int(y)))
        # threads that record at the same moment may append in the other order
        self._last_us = max(self._last_us, t_ns // 1000)
        return (self._last_us, kind, code, *self._place)


def _clip(position: int) -> int:
    return max(-MAX_POSITION, min(MAX_POSITION, position))
