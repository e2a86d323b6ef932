"""A small collector that holds clients to the contract, over real sockets, and fails when it is told to."""

import contextlib
import json
import os
import socket
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sdk_py import Client
from sdk_py.testing import swallowed
from wire import headers, limits, sign
from wire.columns import Event, decode, decode_times
from wire.schema import Ack, Batch, Hello, IssuedDevice, Probe, Welcome

__all__ = ["swallowed"]

KEY = "ck_test"


@pytest.fixture(autouse=True)
def _nothing_swallowed(swallowed: list[Exception]) -> None:
    """Let no test pass in which the SDK swallowed an error that the test did not expect."""


@dataclass(frozen=True)
class Reply:
    """An answer out of turn. `status` 0 cuts the connection."""

    status: int
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    instead: bool = True
    """False: the request is processed, and only its answer replaced."""


@dataclass
class Held:
    """What the collector remembers of a session."""

    key: bytes
    hello: Hello
    prev: bytes = sign.FIRST_PREV
    batches: list[Batch] = field(default_factory=list)


class Refusal(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.reply = Reply(status, code)


class Collector:
    """Keeps what it acknowledged; `breaches` lists what no client may do."""

    def __init__(self) -> None:
        self.sessions: dict[str, Held] = {}
        self.devices: dict[str, tuple[bytes, int]] = {}
        self.hellos: list[Hello] = []
        self.breaches: list[str] = []
        self.script: deque[Reply] = deque()
        self.bodies: list[bytes] = []
        self.seen_headers: list[dict[str, str]] = []
        self.probes: tuple[Probe, ...] = ()
        self.interval_ms = 50
        self.max_events = limits.MAX_EVENTS
        self.issues_devices = True
        self.fresh_token: str | None = None
        self.challenge: str | None = None
        self.under_way = 0
        self.one_client = True
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    def start(self) -> None:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) == length:  # else the client's process has ended meanwhile
                    collector.serve(self, body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def get_request(self) -> tuple[Any, Any]:
                connection, address = super().get_request()
                collector._connections.append(connection)
                return connection, address

            def handle_error(self, request: Any, client_address: Any) -> None:
                return

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._connections.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def batches(self) -> list[Batch]:
        return [batch for session in self.sessions.values() for batch in session.batches]

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in decode(batch.input, batch.t0_us)]

    @property
    def frames(self) -> list[int]:
        return [t_us for batch in self.batches for t_us in decode_times(batch.frames, batch.t0_us)]

    @property
    def lost(self) -> dict[str, int]:
        told: dict[str, int] = {}
        for batch in self.batches:
            for reason, count in batch.lost.items():
                told[reason] = told.get(reason, 0) + count
        return told

    def serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._lock:
            self.under_way += 1
            if self.under_way > 1 and self.one_client:
                self.breaches.append("more than one request at a time")
            self.bodies.append(body)
            self.seen_headers.append({name.lower(): value for name, value in handler.headers.items()})
            scripted = self.script.popleft() if self.script else None
        try:
            if scripted is None or not scripted.instead:
                try:
                    answer = self._process(handler, body)
                except Refusal as refusal:
                    scripted = refusal.reply
            self.under_way -= 1
            if scripted is None:
                self._send(handler, 200, headers.MSGPACK, answer)
            elif scripted.status == 0:
                handler.close_connection = True
            else:
                problem = json.dumps({"code": scripted.code}).encode()
                self._send(handler, scripted.status, headers.PROBLEM, problem, scripted.headers)
        except OSError:
            return

    def _process(self, handler: BaseHTTPRequestHandler, body: bytes) -> bytes:
        key_due = handler.path == "/v1/sessions"
        self._check(handler.headers["authorization"] == (f"Bearer {KEY}" if key_due else None), "the key goes with hellos only")
        self._check(handler.headers["content-type"] == headers.MSGPACK, "the content type is not msgpack")
        self._check(handler.headers["accept"] == headers.MSGPACK, "msgpack is not accepted")
        self._check(len(body) <= limits.MAX_BODY, "the body is too large")
        signature = handler.headers[headers.SIGNATURE]
        session = self.sessions.get(handler.headers[headers.SESSION] or "")
        if handler.path == "/v1/batches":
            if session is None:
                raise Refusal(404, "unknown_session")
            self._check(sign.verify(session.key, sign.BATCH, body, bytes.fromhex(signature)), "the signature is wrong")
        plain = zlib.decompress(body) if handler.headers["content-encoding"] == headers.DEFLATE else body
        self._check(len(plain) <= limits.MAX_PLAIN, "the plain body is too large")
        if handler.path == "/v1/sessions":
            return self._hello(msgspec.msgpack.decode(plain, type=Hello))
        assert session is not None
        return self._batch(session, msgspec.msgpack.decode(plain, type=Batch), body)

    def _hello(self, hello: Hello) -> bytes:
        self.hellos.append(hello)
        issued = None
        if hello.device is None:
            if self.issues_devices:
                issued = IssuedDevice(f"d_{len(self.devices)}", os.urandom(32))
                self.devices[issued.id] = (issued.secret, 0)
        else:
            secret, counter = self.devices[hello.device.id]
            message = sign.device_message(hello.device.id, hello.device.counter, hello.nonce)
            self._check(sign.verify(secret, sign.DEVICE, message, hello.device.mac), "the device's proof is wrong")
            self._check(hello.device.counter > counter, "the device's counter did not grow")
            self.devices[hello.device.id] = (secret, hello.device.counter)
        session = f"s_{len(self.sessions)}"
        self.sessions[session] = Held(os.urandom(32), hello)
        welcome = Welcome(
            limits.VERSION,
            session,
            f"token of {session}",
            self.sessions[session].key,
            time.time_ns() // 1000,
            self.interval_ms,
            self.max_events,
            issued,
            self.probes,
        )
        return msgspec.msgpack.encode(welcome)

    def _batch(self, session: Held, batch: Batch, body: bytes) -> bytes:
        duplicate = batch.seq == len(session.batches)
        if duplicate:
            self._check(sign.digest(body) == session.prev, "a batch was sent again with other bytes")
        elif batch.seq != len(session.batches) + 1:
            raise Refusal(409, "batch_gap")
        else:
            self._check(batch.prev == session.prev, "the chain is broken")
            self._check(len(batch.input.kind) <= self.max_events, "too many events")
            session.batches.append(batch)
            session.prev = sign.digest(body)
        ack = Ack(batch.seq, time.time_ns() // 1000, self.interval_ms, duplicate, self.fresh_token, self.challenge)
        return msgspec.msgpack.encode(ack)

    def _check(self, kept: bool, breach: str) -> None:
        if not kept:
            self.breaches.append(breach)

    def _send(
        self, handler: BaseHTTPRequestHandler, status: int, media_type: str, body: bytes, extra: dict[str, str] | None = None
    ) -> None:
        handler.send_response(status)
        for name, value in {"content-type": media_type, "content-length": str(len(body)), **(extra or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that works. At teardown, no client may have broken the contract."""
    served = Collector()
    served.start()
    yield served
    served.stop()
    assert served.breaches == []


@pytest.fixture
def client_of(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Make clients that are not started yet, and are stopped at teardown."""
    made: list[Client] = []

    def make(url: str, **settings: Any) -> Client:
        settings = {"key": KEY, "game": "slots", "build": "1.0", "data": tmp_path / "player", "timeout": 5.0, **settings}
        client = Client(url, **settings)
        made.append(client)
        return client

    yield make
    for client in made:
        client.stop(0.5)


def wait_for(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Return once the condition holds; fail when it has not by the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.005)


@pytest.fixture(name="wait_for")
def _wait_for() -> Callable[..., None]:
    return wait_for
