"""Frame times of a game with the SDK, in every kind of weather, as ratios to the same game without it; and the memory it may take.

    python bench/frames.py [--seconds 4] [--rounds 3]

A paced loop does fixed work in each frame, and with the SDK records eight events and the frame. Busy time is from a frame's beginning to
its end, before the sleep. Collectors are processes of their own, so that they take nothing from the game but a core. The conditions
take turns. Batches go every half second, ten times as often as a collector asks by default.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from sdk_py import Client
from sdk_py.codec import pack, unpack
from sdk_py.sources.input import CAPACITY
from wire import kinds, limits
from wire.schema import Ack, Batch, Welcome

FRAME_S = 1 / 120
EVENTS = 8
WEATHERS = ("works", "down", "hangs", "answers 500", "cuts")
GOAL = 1.1
MEMORY_GOAL_MB = 16


def serve(weather: str) -> None:
    """Be a collector in this weather; print the port."""
    import zlib

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if weather == "cuts":
                self.close_connection = True
                return
            status, answer = 500, b""
            if weather == "works":
                plain = zlib.decompress(body) if self.headers["content-encoding"] else body
                answer = self.taken(plain)
                status = 200
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def taken(self, plain: bytes) -> bytes:
            now_us = time.time_ns() // 1000
            if self.path == "/v1/sessions":
                return pack(Welcome(1, "s", "token", b"k" * 32, now_us, 500, limits.MAX_EVENTS))
            return pack(Ack(unpack(Batch, plain).seq, now_us, 500))

        def log_message(self, format: str, *args: Any) -> None:
            return

    if weather in ("hangs", "down"):
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        held = []
        if weather == "down":
            listener.close()
            threading.Event().wait()
        while True:
            held.append(listener.accept())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


@contextmanager
def collector(weather: str) -> Any:
    """Give the URL of a collector in this weather, in a process of its own."""
    process = subprocess.Popen([sys.executable, __file__, "--serve", weather], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def work() -> int:
    """Stand for a game's logic: the same each frame, about two milliseconds."""
    total = 0
    for number in range(20_000):
        total += number & 7
    return total


def play(seconds: float, record: Callable[..., None] | None, frame: Callable[[], None] | None) -> list[float]:
    """Return the busy time of each frame, s."""
    busy = []
    due = time.perf_counter()
    end = due + seconds
    while due < end:
        began = time.perf_counter()
        work()
        if record is not None and frame is not None:
            for number in range(EVENTS):
                record(kinds.POINTER_MOVE, 0, number, number)
            frame()
        done = time.perf_counter()
        busy.append(done - began)
        due = max(due + FRAME_S, done)
        time.sleep(max(0.0, due - done))
    return busy


def play_with(weather: str, seconds: float) -> list[float]:
    """Play with the SDK in this weather; the first second, in which it starts, is played but not counted."""
    with tempfile.TemporaryDirectory() as data, collector(weather) as url:
        client = Client(url, key="", game="bench", build="1", data=data, interval=0.5, timeout=2.0).start()
        play(1.0, client.record, client.frame)
        busy = play(seconds, client.record, client.frame)
        client.stop(0.0)
    return busy


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def memory() -> None:
    """Print what a million events leave behind while the collector is down."""
    with tempfile.TemporaryDirectory() as data:
        client = Client("http://127.0.0.1:9", key="", game="bench", build="1", data=data).start()
        time.sleep(1.0)
        before = psutil.Process().memory_info().rss
        for number in range(1_000_000):
            client.record(kinds.POINTER_MOVE, 0, number & 1023, number & 511)
        grown = (psutil.Process().memory_info().rss - before) / 2**20
        kept, lost = len(client.sources.input.ring), client.losses.total.get("overflow", 0)
        client.stop(0.0)
    print(f"memory after 1,000,000 events, down     {grown:5.1f} MB   goal <= {MEMORY_GOAL_MB} MB")
    print(f"of which kept {kept} (room for {CAPACITY}) and counted as lost {lost}: together {kept + lost}")


def main() -> None:
    """Print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", choices=WEATHERS, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    busy: dict[str, list[list[float]]] = {name: [] for name in ("without", *WEATHERS)}
    for _ in range(options.rounds):
        for name, rounds in busy.items():
            rounds.append(play(options.seconds, None, None) if name == "without" else play_with(name, options.seconds))
    figures = {
        name: {share: statistics.median(percentile(one, share) for one in rounds) for share in (0.5, 0.99)} for name, rounds in busy.items()
    }
    reference = figures.pop("without")
    p50, p99 = reference[0.5] * 1e3, reference[0.99] * 1e3
    print(f"reference: the frame without the SDK, p50 {p50:.2f} ms, p99 {p99:.2f} ms (median of {options.rounds})")
    for name, times in figures.items():
        p50, p99 = times[0.5] / reference[0.5], times[0.99] / reference[0.99]
        print(f"frame time, collector {name:<14} p50 {p50:5.2f} x   p99 {p99:5.2f} x   goal <= {GOAL} x")
    if options.json:
        print(json.dumps({name: list(times.values()) for name, times in figures.items()}))
    memory()


if __name__ == "__main__":
    main()
