"""The bus over Kafka's protocol: acknowledged by all in-sync replicas, idempotent, one device always on one partition.

Order does not hang on idempotence: a partition never has more than one record batch under way. A broker without producer ids
(`idempotence=off`) only repeats more. Records are CloudEvents in structured mode (the Kafka binding of CloudEvents 1.0.2, section
3.3), keyed by device.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from collector.bus.base import BusError, Event, EventTooLarge
from collector.bus.kafka_url import KafkaUrl
from collector.events import MEDIA_TYPE

_HEADERS: Final = [("content-type", f"{MEDIA_TYPE}; charset=UTF-8".encode())]
_OVERHEAD: Final = 1024
"""Bytes that a record batch adds to one event's body, generously."""
_log = structlog.get_logger(__name__)


class KafkaBus:
    """Publishes to one topic. After any failure the producer is thrown away: a new one has no half-sent state to resolve."""

    def __init__(self, url: KafkaUrl) -> None:
        self._url = url
        self.max_event_bytes = url.max_event_bytes
        self._partition = DefaultPartitioner()
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def start(self) -> None:
        """Connect; a broker that is away is told by `healthy`, and tried again at every publish."""
        try:
            await self._connected()
        except BusError as error:
            _log.warning("kafka_away", error=str(error))

    async def publish(self, events: Sequence[Event]) -> None:
        producer = await self._connected()
        try:
            partitions = sorted(await producer.partitions_for(self._url.topic))
            split: dict[int, list[Event]] = defaultdict(list)
            for event in events:
                split[self._partition(event.device.encode(), partitions, partitions)].append(event)
            done = await asyncio.gather(
                *(self._in_order(producer, partition, part) for partition, part in split.items()), return_exceptions=True
            )
            for failure in done:
                if isinstance(failure, BaseException):
                    raise failure
        except EventTooLarge:
            raise
        except (KafkaError, OSError) as error:
            await self._drop(producer)
            raise BusError(f"Kafka at {self._url.hosts} did not take the events: {error!r}") from error

    async def healthy(self) -> bool:
        try:
            producer = await self._connected()
            async with asyncio.timeout(self._url.timeout_ms / 1000):
                await producer.partitions_for(self._url.topic)
                return bool(await producer.client.force_metadata_update())
        except (BusError, KafkaError, OSError):
            return False

    async def close(self) -> None:
        if self._producer is not None:
            await self._drop(self._producer)

    async def _in_order(self, producer: AIOKafkaProducer, partition: int, events: Sequence[Event]) -> None:
        """Send one partition's events in record batches, each whole or not at all, each after the one before was acknowledged."""
        rest = list(events)
        while rest:
            batch = producer.create_batch()
            count = 0
            for event in rest:
                if batch.append(timestamp=None, key=event.device.encode(), value=event.body, headers=_HEADERS) is None:
                    break
                count += 1
            batch.close()
            try:
                await (await producer.send_batch(batch, self._url.topic, partition=partition))
            except MessageSizeTooLargeError as error:
                if count == 1:
                    raise EventTooLarge(rest[0].id, f"the broker refused {len(rest[0].body)} bytes") from error
                for event in rest[:count]:
                    await self._in_order(producer, partition, [event])
            rest = rest[count:]

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._url.connection(),
                    acks="all",
                    enable_idempotence=self._url.idempotence,
                    compression_type=self._url.compression,
                    max_batch_size=self._url.max_event_bytes + _OVERHEAD,
                )
                try:
                    async with asyncio.timeout(self._url.timeout_ms / 1000):
                        await producer.start()
                except BaseException as error:
                    await self._drop(producer)
                    if isinstance(error, KafkaError | OSError):
                        raise BusError(f"can't reach Kafka at {self._url.hosts}: {error!r}") from error
                    raise
                self._producer = producer
            return self._producer

    async def _drop(self, producer: Any) -> None:
        if self._producer is producer:
            self._producer = None
        with contextlib.suppress(KafkaError, OSError):
            # what it still holds is delivered or expires within one timeout, and a request under way within another
            async with asyncio.timeout(3 * self._url.timeout_ms / 1000):
                await producer.stop()
