"""The bus over Kafka's protocol, against real brokers: order per device, nothing lost, whatever the broker does."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from prometheus_client import CollectorRegistry

from collector import events
from collector.bus import outbox
from collector.bus.base import BusError, Event, EventTooLarge
from collector.bus.kafka import KafkaBus
from collector.bus.kafka_url import parse
from collector.bus.open import file_path, open_bus
from collector.bus.relay import Pace, Relay
from collector.clock import SystemClock
from collector.settings import Settings
from collector.store.base import Store
from collector.store.engine import SqlStore

OPTIONS = "timeout_ms=2000&idempotence=off"
FAST = Pace(idle_s=0.02, first_s=0.01, longest_s=0.1, gauges_s=0.0)


def label(number: int, device: str = "d_1", size: int = 0) -> Event:
    return events.encode(
        events.LabelReceived(id=f"l_{number}", label="x" * size, source="t", at_us=number, device=device), id=f"e_{number:05d}"
    )


def spread(start: int, count: int) -> list[Event]:
    return [label(number, f"d_{number % 7}") for number in range(start, start + count)]


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Store]:
    store = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def relayed(store: Store, url: str, registry: CollectorRegistry | None = None, drain_s: float = 20.0) -> AsyncIterator[Relay]:
    bus = KafkaBus(parse(url))
    await bus.start()
    relay = Relay(store, bus, SystemClock(), registry or CollectorRegistry(), FAST)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop(drain_s)
        await bus.close()


async def until(condition: Callable[[], bool], deadline_s: float = 20.0) -> None:
    async with asyncio.timeout(deadline_s):
        while not condition():  # noqa: ASYNC110 - what is waited for lives in metrics, which set no event
            await asyncio.sleep(0.01)


def first_copies(records: Sequence[Any]) -> dict[str, list[str]]:
    """Return the event ids of each device in the order of their first copies."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for record in records:
        found[record.key].setdefault(json.loads(record.value)["id"])
    return {device: list(ids) for device, ids in found.items()}


def expected(count: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for event in spread(0, count):
        found[event.device].append(event.id)
    return dict(found)


def test_every_record_is_a_cloudevent_on_its_devices_partition(tmp_path: Path, kafka: Any) -> None:
    async def run() -> None:
        async with kafka.tansu("risk") as (hosts, _), opened(tmp_path) as store:
            await store.commit(outbox.append(spread(0, 100), 1))
            async with relayed(store, f"kafka://{hosts}/risk?{OPTIONS}"):
                pass
            records = await kafka.read(hosts, "risk", 100)
        assert first_copies(records) == expected(100)
        for record in records:
            read = from_structured_event(KafkaMessage(record.headers, record.key.encode(), record.value))
            assert (read.get_type(), read.get_extension("partitionkey")) == ("label.received", record.key)
        partitions = defaultdict(set)
        for record in records:
            partitions[record.key].add(record.partition)
        assert {len(found) for found in partitions.values()} == {1}
        assert len({record.partition for record in records}) > 1, "devices are spread over partitions"

    asyncio.run(run())


def test_a_relay_killed_in_the_middle_and_started_anew_loses_nothing(tmp_path: Path, kafka: Any) -> None:
    async def run() -> None:
        async with kafka.tansu("risk") as (hosts, _), opened(tmp_path) as store:
            url = f"kafka://{hosts}/risk?{OPTIONS}"
            await store.commit(outbox.append(spread(0, 1500), 1))
            for _ in range(3):
                registry = CollectorRegistry()
                async with relayed(store, url, registry, drain_s=0):
                    await until(lambda: bool(registry.get_sample_value("countersign_relay_published_total", {"type": "label.received"})))  # noqa: B023
            assert (await outbox.backlog(store))[0] > 0, "it was cut off in the middle"
            async with relayed(store, url):
                pass
            assert await outbox.backlog(store) == (0, None)
            assert first_copies(await kafka.read(hosts, "risk", 1500)) == expected(1500)

    asyncio.run(run())


def test_a_broker_that_goes_away_and_comes_back_gets_everything_in_order(tmp_path: Path, kafka: Any) -> None:
    async def run() -> None:
        registry = CollectorRegistry()
        async with kafka.tansu("risk") as (hosts, gate), opened(tmp_path) as store:
            async with relayed(store, f"kafka://{hosts}/risk?{OPTIONS}", registry) as relay:
                for outage in range(3):
                    await store.commit(outbox.append(spread(outage * 200, 100), 1))
                    relay.wake()
                    await gate.close()
                    await store.commit(outbox.append(spread(outage * 200 + 100, 100), 1))
                    relay.wake()
                    failed = registry.get_sample_value("countersign_relay_failures_total", {"what": "bus"}) or 0
                    await until(
                        lambda failed=failed: (registry.get_sample_value("countersign_relay_failures_total", {"what": "bus"}) or 0) > failed  # type: ignore[misc]
                    )
                    await gate.open()
            assert await outbox.backlog(store) == (0, None)
            assert first_copies(await kafka.read(hosts, "risk", 600)) == expected(600)

    asyncio.run(run())


def test_a_broker_that_hands_out_producer_ids_is_used_idempotently(tmp_path: Path, kafka: Any) -> None:
    async def run() -> None:
        with kafka.librdkafka() as hosts:
            async with opened(tmp_path) as store:
                await store.commit(outbox.append(spread(0, 600), 1))
                async with relayed(store, f"kafka://{hosts}/risk?timeout_ms=5000"):
                    pass
                assert await outbox.backlog(store) == (0, None)
            records = await kafka.read(hosts, "risk", 600)
            assert first_copies(records) == expected(600)
            assert len(records) == 600

    asyncio.run(run())


def test_a_broker_that_is_not_there_is_unhealthy_and_starting_does_not_fail(kafka: Any) -> None:
    async def run() -> None:
        bus = KafkaBus(parse(f"kafka://127.0.0.1:1/risk?{OPTIONS}"))
        await bus.start()
        assert not await bus.healthy()
        with pytest.raises(BusError, match=r"can't reach Kafka at 127\.0\.0\.1:1"):
            await bus.publish([label(1)])
        await bus.close()

    asyncio.run(run())


def test_a_bus_that_answers_is_healthy(kafka: Any) -> None:
    async def run() -> None:
        async with kafka.tansu("risk") as (hosts, gate):
            bus = KafkaBus(parse(f"kafka://{hosts}/risk?{OPTIONS}"))
            await bus.start()
            assert await bus.healthy()
            await gate.close()
            assert not await bus.healthy()
            await gate.open()
            await until_healthy(bus)
            await bus.close()

    async def until_healthy(bus: KafkaBus) -> None:
        async with asyncio.timeout(20):
            while not await bus.healthy():  # noqa: ASYNC110 - health is asked for, it does not tell
                await asyncio.sleep(0.05)

    asyncio.run(run())


def test_a_url_says_everything_and_keeps_the_password_to_itself() -> None:
    url = parse("kafka://me:pass%40word@a:9092,b:9093/risk?mechanism=SCRAM-SHA-512&compression=gzip&max_event_bytes=5000")
    assert (url.hosts, url.topic, url.max_event_bytes) == ("a:9092,b:9093", "risk", 5000)
    connection = url.connection()
    assert connection["bootstrap_servers"] == ["a:9092", "b:9093"]
    assert (connection["sasl_plain_username"], connection["sasl_plain_password"]) == ("me", "pass@word")
    assert (connection["security_protocol"], connection["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert connection["ssl_context"] is not None
    assert "pass@word" not in repr(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("kafka://host:9092", "kafka://host:9092"),
        ("kafka:///topic", "needs hosts"),
        ("kafka://h:1/a/b", "one topic"),
        ("kafka://h:1/t?retries=3", "retries is no option"),
        ("kafka://h:1/t?timeout_ms=soon", "timeout_ms has to be a whole number"),
        ("kafka://h:1/t?security=maybe", "security has to be one of plaintext"),
        ("kafka://h:1/t?security=sasl_ssl", "needs a login"),
        ("kafka://h:1/t?idempotence=yes", "idempotence has to be one of on, off"),
        ("nats://h:4222", "unknown scheme nats://; use file:///path/events.ndjson or kafka://host:9092/topic"),
        ("events.ndjson", "has to be a URL"),
        ("file://host/path", "has to be a URL"),
        ("file:///x/events?size=1", "size is no option"),
        ("file:///x/events?keep=all", "whole numbers"),
    ],
)
def test_a_bus_setting_that_cannot_be_used_says_the_remedy(url: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError) as error:
        open_bus(url, Settings(data=tmp_path))
    assert says in str(error.value)


def test_without_a_setting_events_go_to_a_file_in_the_data_folder(tmp_path: Path) -> None:
    assert file_path("", tmp_path) == tmp_path / "events.ndjson"
    assert file_path("file:///var/lib/x.ndjson?keep=3", tmp_path) == Path("/var/lib/x.ndjson")
    assert file_path("kafka://h:1/t", tmp_path) is None


def test_of_a_batch_that_the_broker_finds_too_large_only_the_event_itself_is_refused() -> None:
    class Strict:
        """The part of a producer that publishing needs, with a broker that takes 2,000 bytes. The brokers at hand take any size."""

        def __init__(self) -> None:
            self.took: list[bytes] = []

        def create_batch(self) -> BatchBuilder:
            return BatchBuilder(1_000_000, 0)

        async def send_batch(self, batch: BatchBuilder, topic: str, partition: int) -> asyncio.Future[None]:
            records = MemoryRecords(bytes(batch._build())).next_batch()
            done = asyncio.get_running_loop().create_future()
            if batch.size() > 2_000:
                done.set_exception(MessageSizeTooLargeError())
            else:
                self.took += [record.value for record in records]
                done.set_result(None)
            return done

    async def run() -> None:
        bus, producer = KafkaBus(parse("kafka://127.0.0.1:1/risk")), Strict()
        in_order = [label(1), label(2), label(3, size=3_000), label(4)]
        with pytest.raises(EventTooLarge) as refused:
            await bus._in_order(producer, 0, in_order)  # type: ignore[arg-type]
        assert refused.value.event == "e_00003"
        assert producer.took == [in_order[0].body, in_order[1].body]

    asyncio.run(run())
