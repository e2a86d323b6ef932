"""Carries events from the outbox to the bus: at least once, in order, none skipped.

A batch is read in order, published whole and then marked. Whatever fails is tried again from the first event that is not marked, so
an event's first copy never overtakes that of an earlier one, even where two relays work on one outbox: each sends
a prefix of what is pending. Consumers drop repeats by id.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from collector.bus import outbox
from collector.bus.base import Bus, BusError, Event, EventTooLarge
from collector.clock import Clock
from collector.store.base import Store, Write

MAX_BATCH: Final = 256
"""Events in one publish."""
MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between attempts. Without a wake the relay looks every `idle_s`: another collector may have left it work."""

    idle_s: float = 0.5
    first_s: float = 0.1
    longest_s: float = 15.0
    gauges_s: float = 1.0
    gather_s: float = 0.05
    """After a publish, so that under load a few publishes a second carry many events each; one that comes after a pause goes at once."""

    def backoff_s(self, failures: int, chance: float) -> float:
        """Return the pause after so many failures in a row, between half and all of an exponential curve ("equal jitter")."""
        curve = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return curve * (0.5 + chance / 2)


class Relay:
    """One background task. `wake` after a commit that wrote to the outbox; `stop` drains."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        registry: CollectorRegistry,
        pace: Pace | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._pace = pace or Pace()
        self._chance = chance
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._gauges_us = 0
        self._published = Counter("countersign_relay_published", "Events that the bus took.", ["type"], registry=registry)
        self._failed = Counter("countersign_relay_failures", "Attempts that failed, by what failed.", ["what"], registry=registry)
        self._dead = Counter("countersign_relay_dead", "Events set aside because no bus would take them.", ["type"], registry=registry)
        self._backlog = Gauge("countersign_relay_backlog", "Events that wait for the bus.", registry=registry)
        self._lag = Gauge("countersign_relay_lag_seconds", "Age of the oldest event that waits for the bus.", registry=registry)

    def wake(self) -> None:
        """Tell that the outbox has something new."""
        self._woken.set()

    async def start(self) -> None:
        """Start the background task; whatever a run before left in the outbox goes out first."""
        self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self, deadline_s: float) -> int:
        """Publish what waits, at most for so long, and return how many events still wait. They are safe: the next start sends them."""
        if self._task is not None:
            self._stopping.set()
            self._woken.set()
            _, late = await asyncio.wait({self._task}, timeout=deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        return (await outbox.backlog(self._store))[0]

    async def pump(self) -> int:
        """Publish and mark one batch; return how many events left the outbox. Raises BusError, and what the store raises."""
        batch = _bounded(await outbox.pending(self._store, MAX_BATCH))
        fitting = [(number, event) for number, event in batch if len(event.body) <= self._bus.max_event_bytes]
        for number, event in batch:
            if len(event.body) > self._bus.max_event_bytes:
                await self._set_aside(number, event, f"{len(event.body)} bytes, the bus takes {self._bus.max_event_bytes}")
        if fitting:
            try:
                await self._bus.publish([event for _, event in fitting])
            except EventTooLarge as refused:
                number, event = next(pair for pair in fitting if pair[1].id == refused.event)
                await self._set_aside(number, event, str(refused))
                return 1
            await self._mark(outbox.sent([number for number, _ in fitting], self._clock.wall_us()))
            for _, event in fitting:
                self._published.labels(event.type).inc()
        return len(batch)

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            moved = await self._attempt()
            await self._measure()
            if moved:
                if moved < MAX_BATCH:
                    await _happens(self._stopping, self._pace.gather_s)
                continue
            if self._failures:
                await self._back_off()
            elif self._stopping.is_set():
                return
            else:
                await _happens(self._woken, self._pace.idle_s)

    async def _back_off(self) -> None:
        """Pause. A wake must not cut this short, as under load every commit wakes; a stop does, and then tries on at a steady pace."""
        pause = self._pace.backoff_s(self._failures, self._chance())
        if self._stopping.is_set():
            await asyncio.sleep(min(pause, self._pace.first_s))
        else:
            await _happens(self._stopping, pause)

    async def _attempt(self) -> int:
        try:
            moved = await self.pump()
        except BusError as error:
            self._fail("bus", error)
            return 0
        except Exception as error:  # the store's drivers have errors of their own; the relay outlives all of them
            self._fail("store", error)
            return 0
        self._failures = 0
        return moved

    def _fail(self, what: str, error: Exception) -> None:
        self._failures += 1
        self._failed.labels(what).inc()
        if self._failures & (self._failures - 1) == 0:  # the 1st, 2nd, 4th, 8th ...: a long outage does not fill the log
            _log.warning("relay_failed", what=what, error=str(error), in_a_row=self._failures)

    async def _mark(self, write: Write) -> None:
        """Mark until it is marked: publishing again instead would double the load of an overloaded store."""
        while True:
            try:
                return await self._store.commit(write)
            except Exception as error:
                self._fail("store", error)
                await self._back_off()

    async def _set_aside(self, number: int, event: Event, why: str) -> None:
        _log.error("event_set_aside", event_id=event.id, type=event.type, why=why)
        await self._mark(outbox.dead(number, self._clock.wall_us()))
        self._dead.labels(event.type).inc()

    async def _measure(self) -> None:
        now = self._clock.wall_us()
        if now - self._gauges_us < self._pace.gauges_s * 1e6:
            return
        self._gauges_us = now
        try:
            waiting, oldest = await outbox.backlog(self._store)
        except Exception as error:
            self._fail("store", error)
        else:
            self._backlog.set(waiting)
            self._lag.set(0.0 if oldest is None else max(0, now - oldest) / 1e6)


async def _happens(event: asyncio.Event, within_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within_s)


def _bounded(rows: Sequence[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """Return as many of the first rows as stay within a batch's bytes, at least one."""
    kept: list[tuple[int, Event]] = []
    size = 0
    for number, event in rows:
        size += len(event.body)
        if kept and size > MAX_BATCH_BYTES:
            break
        kept.append((number, event))
    return kept
