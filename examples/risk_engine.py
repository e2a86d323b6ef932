"""A risk engine in small: follows Countersign's bus, drops repeats, and keeps the latest score of every device.

    python examples/risk_engine.py path/to/events.ndjson               # the file below the collector's data folder
    python examples/risk_engine.py kafka://127.0.0.1:9092/risk         # the topic, where Kafka is the bus

Prints a line for every score: device, risk, what weighs most. Ends with Ctrl-C, or with --once at the end of what is there.
"""

import argparse
import asyncio
import json
import os
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

REMEMBERED: Final = 100_000
"""Ids of the last events. The bus repeats only what went out lately, so this is plenty."""

Event = dict[str, Any]


class RiskEngine:
    """The whole of it: at least once becomes once by the event's id, and the order is that of the bus."""

    def __init__(self) -> None:
        self.latest: dict[str, Event] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()

    def consume(self, events: Iterable[Event]) -> Iterator[Event]:
        """Take in events, repeats among them; yield each score once."""
        for event in events:
            if event["id"] in self._seen:
                continue
            self._seen[event["id"]] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            if event["type"] == "device.scored":
                self.latest[event["subject"]] = event["data"]
                yield event["data"]


def from_file(path: Path, once: bool) -> Iterator[Event]:
    """Yield the events of an event file, and those that come; goes on with the new file when the collector begins one."""
    while not path.exists() and not once:
        time.sleep(0.5)
    file = path.open("rb")
    try:
        while True:
            at = file.tell()
            line = file.readline()
            if line.endswith(b"\n"):
                yield json.loads(line)
                continue
            file.seek(at)  # nothing more, or half a line that the collector is about to finish
            if once:
                return
            if path.exists() and not os.path.samestat(path.stat(), os.fstat(file.fileno())):
                file.close()
                file = path.open("rb")
                continue
            time.sleep(0.2)
    finally:
        file.close()


def from_kafka(url: str, once: bool) -> Iterator[Event]:
    """Yield the events of a topic. A real engine would commit its offsets in a consumer group."""
    from aiokafka import AIOKafkaConsumer

    parts = urlsplit(url)
    with asyncio.Runner() as runner:

        async def connect() -> AIOKafkaConsumer:
            consumer = AIOKafkaConsumer(parts.path.strip("/"), bootstrap_servers=parts.netloc, auto_offset_reset="earliest")
            await consumer.start()
            return consumer

        consumer = runner.run(connect())
        try:
            while found := runner.run(consumer.getmany(timeout_ms=2000)) or not once:
                for records in found.values() if isinstance(found, dict) else ():
                    yield from (json.loads(record.value) for record in records)
        finally:
            runner.run(consumer.stop())


def say(score: Event) -> str:
    """Return one line about a score."""
    why = ", ".join(f"{reason['name']} {reason['contribution']:+.1f}" for reason in score["reasons"][:3])
    return f"{score['device']}  risk {score['risk']:.3f}  {score['game']} {score['build']}  {why}".rstrip()


def main() -> None:
    """Follow a bus."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bus", help="an event file, or kafka://host:port/topic")
    arguments.add_argument("--once", action="store_true", help="stop at the end of what is there")
    given = arguments.parse_args()
    events = from_kafka(given.bus, given.once) if given.bus.startswith("kafka://") else from_file(Path(given.bus), given.once)
    engine = RiskEngine()
    try:
        for score in engine.consume(events):
            print(say(score), flush=True)
    except KeyboardInterrupt:
        pass
    print(f"{len(engine.latest)} devices")


if __name__ == "__main__":
    main()
