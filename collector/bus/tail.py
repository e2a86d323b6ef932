"""Reading a bus back: its events from the oldest that is kept, or from a number of last ones, and on as they come."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

from collector.bus.ndjson import numbered

_CHUNK = 256 * 1024


class FileTail:
    """Reads whole lines of an event file and its older, numbered ones, wherever rotation moves them meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._at = 0

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that came since the last call, without their ends. A last line that is not whole yet stays for later."""
        while True:
            if self._file is None and not self._open(self._oldest()):
                return
            # first look whether there is a newer file: once there is, nothing more is written to this one
            newer = self._newer()
            yield from self._rest()
            if newer is None:
                return
            self.close()
            self._open(newer)

    def close(self) -> None:
        """Let go of the file; a later `lines` begins with the oldest again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, path: Path | None) -> bool:
        if path is None:
            return False
        try:
            self._file, self._at = path.open("rb"), 0
        except FileNotFoundError:
            return False
        return True

    def _rest(self) -> Iterator[bytes]:
        assert self._file is not None
        torn = b""
        self._file.seek(self._at)
        while chunk := self._file.read(_CHUNK):
            *whole, torn = (torn + chunk).split(b"\n")
            for line in whole:
                self._at += len(line) + 1
                yield line

    def _oldest(self) -> Path | None:
        number = 0
        while numbered(self._path, number + 1).exists():
            number += 1
        path = numbered(self._path, number)
        return path if path.exists() else None

    def _newer(self) -> Path | None:
        """Return the file that follows the open one, or None while that is the current one."""
        assert self._file is not None
        mine = os.fstat(self._file.fileno())
        number = 0
        while (path := numbered(self._path, number)).exists() or number == 0:
            try:
                if os.path.samestat(mine, path.stat()):
                    return numbered(self._path, number - 1) if number else None
            except FileNotFoundError:
                pass
            number += 1
        return self._oldest()  # ours was rotated away: what lies between is gone


async def file_events(path: Path, last: int | None, follow: bool, every_s: float = 0.2) -> AsyncIterator[bytes]:
    """Yield events of a file: the `last` ones or all that are kept, and with `follow` the ones that come."""
    tail = FileTail(path)
    try:
        for line in tail.lines() if last is None else deque(tail.lines(), last):
            yield line
        while follow:
            await asyncio.sleep(every_s)
            for line in tail.lines():
                yield line
    finally:
        tail.close()


async def kafka_events(url: str, last: int | None, follow: bool) -> AsyncIterator[bytes]:
    """Yield events of a Kafka topic likewise; in order per partition. Raises aiokafka's KafkaError, and ValueError for a bad URL."""
    from aiokafka import AIOKafkaConsumer, TopicPartition
    from aiokafka.errors import UnknownTopicOrPartitionError

    from collector.bus import kafka_url

    parsed = kafka_url.parse(url)
    consumer = AIOKafkaConsumer(parsed.topic, **parsed.connection(), group_id=None, auto_offset_reset="earliest")
    try:
        await consumer.start()
        partitions = [TopicPartition(parsed.topic, number) for number in consumer.partitions_for_topic(parsed.topic) or ()]
        if not partitions:
            raise UnknownTopicOrPartitionError(f"there is no topic {parsed.topic}")
        first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, first[partition] if last is None else max(first[partition], end[partition] - last))
        kept: deque[bytes] = deque(maxlen=last)
        while any([await consumer.position(partition) < end[partition] for partition in partitions]):
            found = await consumer.getmany(timeout_ms=200)
            kept.extend(message.value for messages in found.values() for message in messages)
        for value in kept:
            yield value
        while follow:
            yield (await consumer.getone()).value
    finally:
        await consumer.stop()
