"""Frame times of a game with the SDK, in every kind of weather, as ratios to the same game without it; and the memory it may take.

    python bench/frames.py [--seconds 2] [--rounds 7] [--interval 5]

A paced loop does fixed work in each frame, and with the SDK records eight events and the frame. Busy time is from a frame's beginning to
its end, before the sleep. Collectors are processes of their own, so that they take nothing from the game but a core. Each
measurement comes right after one without the SDK. Batches go every five seconds, as a collector asks by default; a shorter interval
shows what a batch costs the frame that it meets.
"""

import argparse
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


def play_with(weather: str, seconds: float, interval: float) -> list[float]:
    """Play with the SDK in this weather; the first second, in which it starts, is played but not counted."""
    with tempfile.TemporaryDirectory() as data, collector(weather) as url:
        client = Client(url, key="ck_bench", game="bench", build="1", data=data, interval=interval, timeout=2.0).start()
        play(1.0, client.record, client.frame)
        if bool(client.token()) != (weather == "works"):
            raise RuntimeError(f"this collector was to be one that {weather}")
        busy = play(seconds, client.record, client.frame)
        client.stop(0.0)
    return busy


def figures_of(busy: list[float]) -> tuple[float, float]:
    """Return the median of some frames, and the time that 99 in 100 do not exceed."""
    ordered = sorted(busy)
    return ordered[len(ordered) // 2], ordered[int(0.99 * len(ordered))]


def medians(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the medians of the firsts and of the seconds."""
    return statistics.median(first for first, _ in pairs), statistics.median(second for _, second in pairs)


def memory() -> None:
    """Print what a million events leave behind while the collector is down."""
    with tempfile.TemporaryDirectory() as data:
        client = Client("http://127.0.0.1:9", key="ck_bench", game="bench", build="1", data=data).start()
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
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--interval", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    ratios: dict[str, list[tuple[float, float]]] = {weather: [] for weather in WEATHERS}
    references: list[tuple[float, float]] = []
    for _ in range(options.rounds):
        for weather, found in ratios.items():
            without = figures_of(play(options.seconds, None, None))
            with_sdk = figures_of(play_with(weather, options.seconds, options.interval))
            references.append(without)
            found.append((with_sdk[0] / without[0], with_sdk[1] / without[1]))
    p50, p99 = medians(references)
    print(f"reference: the frame without the SDK, p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms")
    print(f"the ratios are medians of {options.rounds} pairs")
    for weather, found in ratios.items():
        p50, p99 = medians(found)
        print(f"frame time, collector {weather:<14} p50 {p50:5.2f} x   p99 {p99:5.2f} x   goal <= {GOAL} x")
    memory()


if __name__ == "__main__":
    main()
