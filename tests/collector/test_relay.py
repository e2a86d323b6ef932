"""The relay: at least once, in order per device, nothing skipped, whatever the bus does."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from collector import events
from collector.bus import outbox
from collector.bus.base import BusError, Event, EventTooLarge
from collector.bus.ndjson import NdjsonBus
from collector.bus.relay import Pace, Relay
from collector.clock import SystemClock
from collector.store import tables
from collector.store.base import Store
from collector.store.engine import SqlStore

FAST = Pace(idle_s=30.0, first_s=0.001, longest_s=0.01, gauges_s=0.0)
Pending = tuple[str, int]


class MemoryBus:
    """Takes events, unless told to fail: the n-th publish takes `takes[n]` events and fails after them."""

    max_event_bytes = 1000

    def __init__(self, takes: Sequence[int] = ()) -> None:
        self.took: list[Event] = []
        self.refuses: set[str] = set()
        self.away = False
        self.calls = 0
        self._takes = list(takes)

    async def start(self) -> None: ...

    async def publish(self, events: Sequence[Event]) -> None:
        self.calls += 1
        if self.away:
            raise BusError("away")
        takes = self._takes.pop(0) if self._takes else len(events)
        for event in events[:takes]:
            if event.id in self.refuses:
                raise EventTooLarge(event.id, "too large for the broker")
            self.took.append(event)
            await asyncio.sleep(0)
        if takes < len(events):
            raise BusError("fell over half-way")

    async def healthy(self) -> bool:
        return not self.away

    async def close(self) -> None: ...


def label(number: int, device: str = "d_1", size: int = 0) -> Event:
    return events.encode(
        events.LabelReceived(id=f"l_{number}", label="x" * size, source="t", at_us=number, device=device), id=f"e_{number:05d}"
    )


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Store]:
    store = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    try:
        yield store
    finally:
        await store.close()


async def until(condition: Callable[[], bool] | Callable[[], Awaitable[bool]], deadline_s: float = 10.0) -> None:
    async with asyncio.timeout(deadline_s):
        while True:
            found = condition()
            if (await found) if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.005)


def relay(store: Store, bus: object, registry: CollectorRegistry | None = None, pace: Pace = FAST) -> Relay:
    return Relay(store, bus, SystemClock(), registry or CollectorRegistry(), pace)  # type: ignore[arg-type]


def first_copies(bus: MemoryBus) -> list[str]:
    return list(dict.fromkeys(event.id for event in bus.took))


def in_order(ids: Sequence[str]) -> bool:
    return list(ids) == sorted(ids)


def test_events_go_out_once_in_order_with_a_growing_sequence(tmp_path: Path) -> None:
    async def run() -> list[Event]:
        bus = MemoryBus()
        async with opened(tmp_path) as store:
            await store.commit(outbox.append([label(number) for number in range(600)], 1))
            one = relay(store, bus)
            await one.start()
            assert await one.stop(10) == 0
        return bus.took

    took = asyncio.run(run())
    assert [event.id for event in took] == [f"e_{number:05d}" for number in range(600)]
    sequences = [json.loads(event.body)["sequence"] for event in took]
    assert sequences == sorted(set(sequences))


def test_a_commit_wakes_the_relay_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        bus = MemoryBus()
        async with opened(tmp_path) as store:
            one = relay(store, bus, pace=Pace(idle_s=3600))
            await one.start()
            await until(lambda: one_is_idle(one))
            await store.commit(outbox.append([label(1)], 1))
            one.wake()
            await until(lambda: bool(bus.took))
            await one.stop(10)

    def one_is_idle(one: Relay) -> bool:
        return not one._woken.is_set()

    asyncio.run(run())


def test_events_that_come_one_by_one_are_gathered(tmp_path: Path) -> None:
    async def run() -> None:
        bus = MemoryBus()
        async with opened(tmp_path) as store:
            one = relay(store, bus, pace=Pace(idle_s=3600, gather_s=3600))
            await one.start()
            await store.commit(outbox.append([label(0)], 1))
            one.wake()
            await until(lambda: bool(bus.took))
            for number in range(1, 10):
                await store.commit(outbox.append([label(number)], 1))
                one.wake()
            assert [event.id for event in bus.took] == ["e_00000"]
            assert await one.stop(10) == 0
        assert (len(bus.took), bus.calls) == (10, 2)

    asyncio.run(run())


def test_what_another_process_left_is_found_without_a_wake(tmp_path: Path) -> None:
    async def run() -> None:
        bus = MemoryBus()
        async with opened(tmp_path) as store:
            one = relay(store, bus, pace=Pace(idle_s=0.01))
            await one.start()
            await store.commit(outbox.append([label(1)], 1))
            await until(lambda: bool(bus.took))
            await one.stop(10)

    asyncio.run(run())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 8), max_size=12), st.lists(st.sampled_from("abc"), min_size=1, max_size=40))
def test_however_the_bus_fails_nothing_is_lost_and_first_copies_keep_their_order(
    tmp_path_factory: pytest.TempPathFactory, takes: list[int], devices: list[str]
) -> None:
    async def run() -> None:
        bus = MemoryBus(takes)
        async with opened(tmp_path_factory.getbasetemp()) as store:  # one database for all examples: migrating takes longer than relaying
            await store.commit(outbox.Write(tables.outbox.delete()))
            await store.commit(outbox.append([label(number, device) for number, device in enumerate(devices)], 1))
            one = relay(store, bus)
            await one.start()
            assert await one.stop(10) == 0
        assert first_copies(bus) == [f"e_{number:05d}" for number in range(len(devices))]
        assert len({event.body for event in bus.took}) == len(devices), "a repeat is the same event to the byte"

    asyncio.run(run())


def test_two_relays_on_one_outbox_may_repeat_but_never_reorder_first_copies(tmp_path: Path) -> None:
    async def run() -> None:
        bus = MemoryBus([3, 1, 4, 1, 5])
        async with opened(tmp_path) as store:
            await store.commit(outbox.append([label(number) for number in range(50)], 1))
            relays = [relay(store, bus), relay(store, bus)]
            for one in relays:
                await one.start()
            for one in relays:
                assert await one.stop(10) == 0
        assert first_copies(bus) == [f"e_{number:05d}" for number in range(50)]

    asyncio.run(run())


@pytest.mark.parametrize("how", ["by the bus's limit", "by the broker"])
def test_an_event_that_no_bus_takes_is_set_aside_counted_and_kept(tmp_path: Path, how: str) -> None:
    async def run() -> None:
        bus, registry = MemoryBus(), CollectorRegistry()
        events_in = [label(1), label(2, size=2000 if how == "by the bus's limit" else 0), label(3)]
        if how == "by the broker":
            bus.refuses = {"e_00002"}
        async with opened(tmp_path) as store:
            await store.commit(outbox.append(events_in, 1))
            one = relay(store, bus, registry)
            await one.start()
            assert await one.stop(10) == 0
            row = await store.one(select(tables.outbox).where(tables.outbox.c.event == "e_00002"))
        assert first_copies(bus) == ["e_00001", "e_00003"]
        assert registry.get_sample_value("countersign_relay_dead_total", {"type": "label.received"}) == 1
        assert row is not None
        assert (row["sent_us"], row["dead_us"] is None, row["body"]) == (None, False, events_in[1].body)

    asyncio.run(run())


def test_an_outage_is_counted_shows_as_backlog_and_ends_with_everything_delivered(tmp_path: Path) -> None:
    async def run() -> None:
        bus, registry = MemoryBus(), CollectorRegistry()
        bus.away = True
        async with opened(tmp_path) as store:
            await store.commit(outbox.append([label(number) for number in range(5)], 1))
            one = relay(store, bus, registry)
            await one.start()
            await until(lambda: bus.calls >= 3)
            assert registry.get_sample_value("countersign_relay_backlog") == 5
            assert (registry.get_sample_value("countersign_relay_lag_seconds") or 0) > 0
            assert (registry.get_sample_value("countersign_relay_failures_total", {"what": "bus"}) or 0) >= 2
            bus.away = False
            await until(lambda: len(bus.took) == 5)
            await until(lambda: registry.get_sample_value("countersign_relay_backlog") == 0)
            assert registry.get_sample_value("countersign_relay_published_total", {"type": "label.received"}) == 5
            await one.stop(10)

    asyncio.run(run())


def test_wakes_do_not_cut_a_back_off_short(tmp_path: Path) -> None:
    async def run() -> None:
        bus = MemoryBus()
        bus.away = True
        async with opened(tmp_path) as store:
            await store.commit(outbox.append([label(1)], 1))
            one = relay(store, bus, pace=Pace(first_s=3600, longest_s=3600))
            await one.start()
            await until(lambda: bus.calls == 1)
            for _ in range(20):
                one.wake()
                await asyncio.sleep(0)
            assert bus.calls == 1
            bus.away = False
            assert await one.stop(0.5) in (0, 1)

    asyncio.run(run())


def test_stopping_with_the_bus_away_gives_up_at_the_deadline_and_keeps_the_events(tmp_path: Path) -> None:
    async def run() -> int:
        bus = MemoryBus()
        bus.away = True
        async with opened(tmp_path) as store:
            await store.commit(outbox.append([label(1), label(2)], 1))
            one = relay(store, bus)
            await one.start()
            return await one.stop(0.05)

    assert asyncio.run(run()) == 2


def test_a_relay_cut_off_in_the_middle_goes_on_from_there_after_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        bus = MemoryBus()
        for start in range(0, 2000, 500):
            async with opened(tmp_path) as store:
                await store.commit(outbox.append([label(number) for number in range(start, start + 500)], 1))
                one = relay(store, bus)
                await one.start()
                await until(lambda start=start: len(first_copies(bus)) > start + 100)  # type: ignore[misc]
                await one.stop(0)  # no time to drain: the task is cancelled where it stands
        async with opened(tmp_path) as store:
            one = relay(store, bus)
            await one.start()
            assert await one.stop(10) == 0
        assert first_copies(bus) == [f"e_{number:05d}" for number in range(2000)]

    asyncio.run(run())


def test_a_store_that_fails_does_not_end_the_relay(tmp_path: Path) -> None:
    class Shaky:
        """A store that fails every third call."""

        def __init__(self, store: Store) -> None:
            self._store = store
            self._calls = 0

        def __getattr__(self, name: str) -> object:
            self._calls += 1
            if self._calls % 3 == 1:
                raise OSError("disk is away")
            return getattr(self._store, name)

    async def run() -> None:
        bus, registry = MemoryBus(), CollectorRegistry()
        async with opened(tmp_path) as store:
            await store.commit(outbox.append([label(number) for number in range(5)], 1))
            one = relay(Shaky(store), bus, registry)  # type: ignore[arg-type]
            await one.start()
            await until(lambda: len(bus.took) >= 5)
            await until(lambda: drained(store))
            await asyncio.wait({one._task}, timeout=0)  # type: ignore[arg-type]
            assert one._task is not None
            assert not one._task.done()
            one._store = store
            await one.stop(10)
        assert first_copies(bus) == [f"e_{number:05d}" for number in range(5)]
        assert (registry.get_sample_value("countersign_relay_failures_total", {"what": "store"}) or 0) > 0

    async def drained(store: Store) -> bool:
        return (await outbox.backlog(store))[0] == 0

    asyncio.run(run())


def test_a_batch_is_bounded_in_bytes_but_takes_one_event_at_least(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("collector.bus.relay.MAX_BATCH_BYTES", 700)

    async def run() -> list[int]:
        bus = MemoryBus()
        async with opened(tmp_path) as store:
            await store.commit(outbox.append([label(1), label(2), label(3, size=600)], 1))
            one = relay(store, bus)
            return [await one.pump(), await one.pump(), await one.pump()]

    assert asyncio.run(run()) == [1, 1, 1]


def test_numbers_do_not_come_again_after_the_outbox_was_emptied(tmp_path: Path) -> None:
    async def run() -> list[int]:
        numbers = []
        async with opened(tmp_path) as store:
            for number in range(3):
                await store.commit(outbox.append([label(number)], 1))
                numbers += [row for row, _ in await outbox.pending(store, 10)]
                await store.commit(outbox.Write(tables.outbox.delete()))
        return numbers

    assert asyncio.run(run()) == [1, 2, 3]


def test_the_file_bus_holds_what_the_outbox_held(tmp_path: Path) -> None:
    async def run() -> None:
        bus = NdjsonBus(tmp_path / "events.ndjson")
        async with opened(tmp_path) as store:
            await store.commit(outbox.append([label(number) for number in range(10)], 1))
            await bus.start()
            one = relay(store, bus)
            await one.start()
            assert await one.stop(10) == 0
            await bus.close()

    asyncio.run(run())
    ids = [json.loads(line)["id"] for line in (tmp_path / "events.ndjson").read_bytes().splitlines()]
    assert ids == [f"e_{number:05d}" for number in range(10)]


@given(st.integers(1, 1000), st.floats(0, 1))
def test_back_off_grows_stays_bounded_and_is_never_nothing(failures: int, chance: float) -> None:
    pace = Pace()
    assert 0.05 <= pace.backoff_s(1, chance) <= 0.1
    assert pace.first_s / 2 <= pace.backoff_s(failures, chance) <= pace.longest_s
