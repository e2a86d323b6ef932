"""How much of a bare endpoint's throughput is left of `POST /v1/batches` with everything included: durable, scored, published.

`python bench/ingest.py [--seconds 6] [--sessions 256] [--rounds 3]` serves both under the same uvicorn settings, one after the other in
a process of its own, and loads them from this one over keep-alive connections. The bare endpoint reads the very same bodies and answers
204. Batches hold 300 made-up events and 300 frames, as the SDK packs and compresses them. In life a session sends every five seconds, and
every third batch is scored and published (`score_seconds`); the three are folded together then, so in the steady state a fold and a score
fall to every third batch. Here sessions send as fast as they are answered, so the pause between two scores is set such that the shares
stay the same; both are printed. Every sixteenth batch takes a snapshot, as it does by default.
"""

import argparse
import asyncio
import os
import random
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop

from sdk_py.codec import pack, squeeze
from wire import headers, kinds, limits, schema, sign

EVENTS = 300
CONNECTIONS = 64
PUBLISHED = 1 / 3
"""Share of batches that publish scores: every 15 s in batches every 5 s."""
GOAL = 0.2


def columns(chance: random.Random) -> tuple[schema.Columns, int]:
    """Return a made-up hand and its time in µs: the pointer moves at 60 Hz on a display's grid, and presses after pauses of its own."""
    dt, kind, code, dx, dy = [], [], [], [], []
    pause, held = 0.0, False
    for _ in range(EVENTS):
        wait = chance.choice((16_667, 16_667, 16_611, 33_350)) + chance.randrange(400)
        pause -= wait
        click = held or pause <= 0.0
        if click:
            held = not held
            wait, pause = (wait, 1e6 * chance.lognormvariate(-0.4, 0.6)) if held else (round(1e3 * chance.lognormvariate(4.4, 0.3)), pause)
        dt.append(wait)
        kind.append((kinds.POINTER_DOWN if held else kinds.POINTER_UP) if click else kinds.POINTER_MOVE)
        code.append(kinds.BUTTON_LEFT if click else kinds.BUTTON_NONE)
        dx.append(0 if click else round(chance.gauss(3, 8)))
        dy.append(0 if click else round(chance.gauss(-1, 6)))
    packed = struct.pack(f"<{EVENTS}h", *dx), struct.pack(f"<{EVENTS}h", *dy)
    return schema.Columns(struct.pack(f"<{EVENTS}I", *dt), bytes(kind), bytes(code), *packed), sum(dt)


def hands(chance: random.Random) -> Iterator[tuple[schema.Columns, bytes, int]]:
    """Yield input, frames and their time for one batch after another, never the same twice: what comes again would be a replay."""
    while True:
        input, span_us = columns(chance)
        frame_us = span_us // EVENTS - 300
        yield input, struct.pack(f"<{EVENTS}I", *(frame_us + chance.randrange(-300, 300) for _ in range(EVENTS))), span_us


@dataclass
class Player:
    """One session, ready to sign its next batch."""

    session: str = ""
    key: bytes = b""
    seq: int = 0
    prev: bytes = sign.FIRST_PREV
    at_us: int = 0

    def request(self, parts: Iterator[tuple[schema.Columns, bytes, int]], path: str = "/v1/batches") -> bytes:
        """Return the bytes of the next request."""
        input, frames, span_us = next(parts)
        began_us, self.at_us = self.at_us, self.at_us + span_us
        clock = schema.ClockPair(self.at_us, 1_760_000_000_000_000 + self.at_us)
        batch = schema.Batch(limits.VERSION, self.session, self.seq + 1, self.prev, clock, began_us, input, frames)
        body, described = squeeze(pack(batch))
        self.seq, self.prev = self.seq + 1, sign.digest(body)
        described = {**described, headers.SESSION: self.session, headers.SIGNATURE: sign.sign(self.key, sign.BATCH, body).hex()}
        return http("POST", path, described, body)


def http(method: str, path: str, described: dict[str, str], body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "host: 127.0.0.1",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in described.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Connection(asyncio.Protocol):
    """Sends one request at a time and reads its answer: nothing that a benchmark does not need."""

    def __init__(self) -> None:
        self._rest = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        head, gap, body = self._rest.partition(b"\r\n\r\n")
        if not gap:
            return
        at = head.lower().find(b"content-length:")
        size = int(head[at + 15 : (head.find(b"\r", at) + 1 or len(head) + 1) - 1]) if at >= 0 else 0
        if len(body) >= size and self._answer:
            self._rest = b""
            self._answer.set_result((int(head[9:12]), body))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)  # type: ignore[attr-defined]
        return await self._answer


async def load(port: int, requests: list[list[bytes]], seconds: float, wanted: int) -> tuple[float, list[float]]:
    """Return requests a second and their times in seconds; each connection works through its own lists."""
    loop = asyncio.get_running_loop()
    connections = [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)]
    times: list[float] = []
    until = time.perf_counter() + seconds

    async def run(connection: Connection, lists: list[list[bytes]]) -> None:
        for turn in zip(*lists, strict=True):
            for request in turn:
                began = time.perf_counter()
                if began >= until:
                    return
                status, body = await connection.ask(request)
                times.append(time.perf_counter() - began)
                if status != wanted:
                    raise RuntimeError(f"answered {status}: {body[:300]!r}")

    began = time.perf_counter()
    await asyncio.gather(*(run(connection, requests[index::CONNECTIONS]) for index, connection in enumerate(connections)))
    took = time.perf_counter() - began
    for connection in connections:
        connection.transport.close()  # type: ignore[attr-defined]
    return len(times) / took, times


async def hellos(port: int, key: str, count: int) -> list[Player]:
    """Open sessions."""
    import msgspec

    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    players = []
    for _ in range(count):
        hello = schema.Hello(limits.VERSION, "bench", "1", "bench/1", os.urandom(16), schema.ClockPair(0, 1_760_000_000_000_000))
        body, described = squeeze(pack(hello))
        status, answer = await connection.ask(http("POST", "/v1/sessions", {**described, "authorization": f"Bearer {key}"}, body))
        assert status == 201, answer
        welcome = msgspec.msgpack.decode(answer, type=schema.Welcome)
        players.append(Player(welcome.session, welcome.key))
    connection.transport.close()  # type: ignore[attr-defined]
    return players


def serve(what: str, port: int, data: str, score_seconds: float) -> None:
    """Serve one of the two; runs in a process of its own."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from collector.process import settle

    if what == "bare":

        async def sink(request: Request) -> Response:
            await request.body()
            return Response(status_code=204)

        app = Starlette(routes=[Route("/v1/batches", sink, methods=["POST"])])
    else:
        from collector.app import build
        from collector.settings import Settings

        unlimited = {"rate_key": "", "rate_session": "10000000/second", "rate_address": "10000000/second"}
        app = build(Settings(data=Path(data), score_seconds=score_seconds, **unlimited))
    settle()
    options = {"log_level": "warning", "access_log": False, "ws": "none", "loop": "uvloop", "http": "httptools", "proxy_headers": False}
    uvicorn.run(app, host="127.0.0.1", port=port, **options)


def start(what: str, data: str, score_seconds: float = 15.0) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server and return it with its port once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, __file__, "--serve", what, str(port), data, str(score_seconds)])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.02)
        else:
            return server, port
    raise RuntimeError(f"{what} did not start")


def measured(
    server: subprocess.Popen[bytes], port: int, requests: list[list[bytes]], seconds: float, wanted: int
) -> tuple[float, list[float], float]:
    """Return requests a second, their times, and the server's processor time for each, all in seconds."""
    process = psutil.Process(server.pid)
    before = process.cpu_times()
    rate, times = uvloop.run(load(port, requests, seconds, wanted))
    after = process.cpu_times()
    return rate, times, (after.user + after.system - before.user - before.system) / len(times)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop a server gracefully."""
    server.send_signal(signal.SIGINT)
    server.wait(30)


def client_key(data: str) -> str:
    """Return a client key in the store that the collector will open."""
    from collector.clock import SystemClock
    from collector.keys import Keys
    from collector.roles import Role
    from collector.settings import Settings
    from collector.store.engine import SqlStore

    async def make() -> str:
        store = await SqlStore.open(Settings(data=Path(data)).database_url)
        try:
            return (await Keys(store, SystemClock()).create(Role.CLIENT)).text
        finally:
            await store.close()

    return asyncio.run(make())


def shares(data: str) -> tuple[float, float]:
    """Return which share of batches was published with scores, and which was folded before the end."""
    import sqlite3

    with sqlite3.connect(Path(data) / "countersign.db") as store:
        scored, taken = (store.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("scores", "batches"))
        (waiting,) = store.execute("SELECT count(*) FROM batches JOIN sessions ON id = session WHERE seq > folded").fetchone()
    store.close()
    return scored / taken, 1.0 - waiting / taken


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--sessions", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=3000, help="requests a second that are made ready")
    wanted = parser.parse_args()
    chance = random.Random(1)
    parts = hands(chance)
    each = max(8, int(wanted.most * wanted.seconds / wanted.sessions))
    ratios, rates, times, done, costs = [], [], [], [], []
    rate = 300.0
    for turn in range(wanted.rounds + 1):
        seconds = wanted.seconds if turn else 2.0  # the first only finds out how fast it is
        with tempfile.TemporaryDirectory() as data:
            key = client_key(data)
            server, port = start("collector", data, wanted.sessions / rate / PUBLISHED)
            players = asyncio.run(hellos(port, key, wanted.sessions))
            requests = [[player.request(parts) for _ in range(each)] for player in players]
            rate, taken, cost = measured(server, port, requests, seconds, 200)
            stop(server)
            share = shares(data)
            if not turn:
                continue
            server, port = start("bare", data)
            bare, _, bare_cost = measured(server, port, requests, seconds / 2, 204)
            stop(server)
        costs.append(bare_cost / cost)
        ratios.append(rate / bare)
        rates.append((rate, bare))
        done.append(share)
        times += taken
    size = statistics.mean(len(request) for request in requests[0])
    best = rates[ratios.index(max(ratios))]
    print(f"ingest against a bare endpoint  {statistics.median(ratios):.3f}  >= {GOAL}")
    print(f"ingest, best round  {max(ratios):.3f}  ({best[0]:.0f}/s against {best[1]:.0f}/s)")
    print(f"ingest, by the processor time of the server alone  {statistics.median(costs):.3f}")
    print(f"ingest, bytes of a request with {EVENTS} events  {size:.0f}  (compressed as the SDK does)")
    scored, folded = (statistics.mean(each) for each in zip(*done, strict=True))
    print(f"ingest, share of batches that published scores  {scored:.2f}  about {PUBLISHED:.2f}")
    print(f"ingest, share of batches that were folded into their History before the end  {folded:.2f}")
    worst = statistics.quantiles(times, n=100)[98]
    print(f"ingest, ms to the acknowledgement at full load, p50 and p99  {1e3 * statistics.median(times):.1f}  {1e3 * worst:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5]))
    else:
        main()
