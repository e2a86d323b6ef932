"""Bytes on the wire for each input event, on the shared traces of people, in batches of five seconds.

    python bench/wire_bytes.py [--traces ../shared/data/traces]

A trace is recorded through the SDK's own source, sealed by its own session, and counted as sent: the whole signed body, compressed,
numbering, chain, clocks and all. HTTP's headers are counted apart; they do not grow with the events.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdk_py.losses import Losses
from sdk_py.parcel import Parcel
from sdk_py.session import Session
from sdk_py.sources.input import Input
from sdk_py.version import VERSION
from wire import limits
from wire.schema import ClockPair, Welcome

INTERVAL_US = 5_000_000
GOAL = 8.0
WALL_US = 1_767_225_600_000_000


@dataclass(slots=True)
class Tally:
    """What was sent."""

    events: int = 0
    batches: int = 0
    body: int = 0
    headers: int = 0

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        self.events += other.events
        self.batches += other.batches
        self.body += other.body
        self.headers += other.headers


def batches_of(trace: dict[str, Any]) -> Iterator[tuple[int, list[tuple[int, int, int, int]]]]:
    """Yield the events of each interval that has any, cut at the limit as well, with the time when the batch is closed, µs."""
    waiting: list[tuple[int, int, int, int, int]] = []
    due = INTERVAL_US
    for event in zip(trace["t_us"], trace["kind"], trace["code"], trace["x"], trace["y"], strict=True):
        if waiting and (event[0] >= due or len(waiting) == limits.MAX_EVENTS):
            yield min(due, event[0]), waiting
            waiting = []
        while event[0] >= due:
            due += INTERVAL_US
        waiting.append(event)
    if waiting:
        yield due, waiting


def send(trace: dict[str, Any]) -> Tally:
    """Return what a session with this trace's input would send. Empty intervals are not sent, nor counted."""
    now = [0]
    source = Input(lambda: now[0] * 1000, Losses(), capacity=2**30)
    welcome = Welcome(limits.VERSION, "s_" + "A" * 20, "", b"k" * 32, WALL_US, 5000, limits.MAX_EVENTS)
    session, tally = Session(welcome), Tally()
    started = 3_000_000_000  # a machine that has been up for an hour
    for closed, events in batches_of(trace):
        for t_us, kind, code, x, y in events:
            now[0] = started + t_us
            source.record(kind, code, x, y)
        clock = ClockPair(started + closed, WALL_US + closed)
        sealed = session.seal(Parcel(clock, tuple(source.take(limits.MAX_EVENTS))))
        session.advance(sealed)
        tally.add(Tally(len(events), 1, len(sealed.body), header_bytes(sealed.headers, len(sealed.body))))
    return tally


def header_bytes(own: dict[str, str], length: int) -> int:
    """Return the size of the request's head over HTTP/1.1."""
    common = {
        "host": "collector.example:8700",
        "user-agent": f"countersign-sdk-py/{VERSION}",
        "content-length": str(length),
    }
    head = "POST /v1/batches HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in {**common, **own}.items()) + "\r\n"
    return len(head)


def main() -> None:
    """Print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "traces")
    folder = parser.parse_args().traces
    if not folder.is_dir():
        print(f"skipped: there are no traces at {folder}")
        return
    whole = Tally()
    for file in sorted(folder.glob("*.jsonl.gz")):
        part = Tally()
        with gzip.open(file) as lines:
            for line in lines:
                trace = json.loads(line)
                if trace["label"] == "human" and trace["t_us"]:
                    part.add(send(trace))
        print(f"{file.name.partition('.')[0]:<10} {line_of(part)}")
        whole.add(part)
    print(f"{'all':<10} {line_of(whole)}   goal <= {GOAL} bytes of body")


def line_of(tally: Tally) -> str:
    """Return one line for a tally."""
    body, head = tally.body / tally.events, tally.headers / tally.events
    each = tally.events / tally.batches
    return f"{body:5.2f} bytes of body an event (headers: {head:5.2f} more)   {tally.events:>8} events, {each:5.0f} a batch"


if __name__ == "__main__":
    main()
