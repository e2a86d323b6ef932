"""What waits to be sent: parcels gathered when they are due, what has to be sent otherwise, and the count of what is given up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sdk_py.losses import Losses
from sdk_py.parcel import Parcel
from sdk_py.sources import Sources
from wire.limits import MAX_ACTIONS, MAX_EVENTS, MAX_FRAMES

IDLE_S: Final = 30.0
"""How often a session in which nothing happens says that it is still there."""
LEAST_EVENTS: Final = 16


@dataclass(slots=True)
class Outbox:
    """Used by the sender's thread; `flush` may be called from any."""

    sources: Sources
    losses: Losses
    interval: float | None
    """Seconds between batches; None for what the collector asks."""
    draw: Callable[[], float]
    asked_interval: float = 5.0
    due: float = 0.0
    """When the next batch is, in monotonic seconds."""
    _most: int = MAX_EVENTS
    _waiting: list[Parcel] = field(default_factory=list)
    _flushes_asked: int = 0
    _flushes_gathered: int = 0
    _flushes_done: int = 0

    def flush(self) -> None:
        """Ask for a batch with all that is recorded until now, whatever the interval. From any thread."""
        self._flushes_asked += 1

    @property
    def flushed(self) -> bool:
        """Whether all that was recorded before the last `flush` is acknowledged, or known to be lost."""
        return self._flushes_done == self._flushes_asked

    def nothing_under_way(self) -> None:
        """Note that no batch is being sent: what was gathered and does not wait here has arrived, or is known to be lost."""
        if not self._waiting:
            self._flushes_done = self._flushes_gathered

    def nothing_recorded(self) -> bool:
        """Return whether there is nothing to open a session for; what was asked to be flushed is, then."""
        if len(self.sources.input.ring) or len(self.sources.frames.ring) or len(self.sources.actions.ring):
            return False
        self._flushes_gathered = self._flushes_asked
        return True

    def next(self, now: float, spoke: float) -> Parcel | None:
        """Return what is to be sent at `now`, None where nothing is due. `spoke` is when the collector last heard of the session."""
        if self._waiting:
            return self._waiting.pop(0)
        sources = self.sources
        full = len(sources.input.ring) >= self._most or len(sources.frames.ring) >= MAX_FRAMES or len(sources.actions.ring) >= MAX_ACTIONS
        asked = self._flushes_asked
        flush = asked != self._flushes_gathered
        if not (full or flush or now >= self.due):
            return None
        # what may fail comes first, so that a failure takes nothing with it
        facts, integrity = sources.device.changed(), sources.integrity.changed()
        report, answers = sources.assets.take()
        parcel = Parcel(
            clock=sources.clock.read(),
            events=tuple(sources.input.take(self._most)),
            frames=tuple(sources.frames.take(MAX_FRAMES)),
            actions=tuple(sources.actions.take(MAX_ACTIONS)),
            facts=facts,
            integrity=integrity,
            assets=report,
            probes=answers,
            lost=self.losses.take(),
        )
        self.plan(now)
        if len(parcel.events) < self._most and len(parcel.frames) < MAX_FRAMES and len(parcel.actions) < MAX_ACTIONS:
            self._flushes_gathered = asked
        if parcel.empty and now - spoke < max(IDLE_S, self._pause) and not flush:
            return None
        return parcel

    def plan(self, now: float) -> None:
        """Set when the next batch is due."""
        self.due = now + self._pause * (0.9 + 0.2 * self.draw())

    @property
    def _pause(self) -> float:
        return self.interval if self.interval is not None else self.asked_interval

    def begin(self, most: int) -> None:
        """Go on in a new session, whose batches have `most` events at most."""
        self._most = max(LEAST_EVENTS, min(most, MAX_EVENTS))
        self._waiting = [parcel.for_another_session() for parcel in self._waiting]

    def put_back(self, parcel: Parcel) -> None:
        """Let a parcel wait for the next session."""
        self._waiting.insert(0, parcel)

    def cut(self, parcel: Parcel) -> None:
        """Let the halves of a parcel that is too large wait; what can't be cut is given up."""
        halves = parcel.halves()
        if halves is None:
            self.drop(parcel, "too_large")
        else:
            self._waiting[:0] = halves

    def smaller(self) -> None:
        """Make the next parcels half as large."""
        self._most = max(LEAST_EVENTS, self._most // 2)

    def drop(self, parcel: Parcel, reason: str) -> None:
        """Give up a parcel: its things count as lost, and what was lost before has yet to be told."""
        self.losses.add(reason, parcel.count)
        self.losses.give_back(parcel.lost)

    def drop_all(self, reason: str) -> None:
        """Give up all that waits and all that is recorded."""
        for parcel in self._waiting:
            self.drop(parcel, reason)
        self._waiting.clear()
        self._flushes_gathered = self._flushes_asked
        for ring in (self.sources.input.ring, self.sources.frames.ring, self.sources.actions.ring):
            self.losses.add(reason, len(ring.take(ring.capacity)))
