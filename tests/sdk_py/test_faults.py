"""With the collector down, hanging, failing or cutting: the game goes on, memory stays bounded, and what was lost is told later."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from sdk_py import Client
from sdk_py.sender import Sender
from sdk_py.sources.input import CAPACITY
from sdk_py.transport import HttpTransport, Unreachable
from wire import kinds

Make = Callable[..., Client]
Wait = Callable[..., None]


class Fault:
    """A listener that behaves badly. `release` frees its port."""

    def __init__(self, weather: str) -> None:
        self._weather = weather
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self._held: list[socket.socket] = []
        self._over = threading.Event()
        if weather == "down":
            self.release()
        else:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        self._listener.settimeout(0.02)
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            connection.settimeout(1.0)
            if self._weather == "hangs":
                self._held.append(connection)
                continue
            with closing(connection):
                if self._weather == "cuts in the answer":
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
                elif self._weather == "answers nonsense":
                    connection.recv(65536)
                    connection.sendall(b"\0\xff" * 50)
        for connection in self._held:
            connection.close()

    def release(self) -> None:
        if not self._over.is_set():
            self._over.set()
            if self._weather != "down":
                self._thread.join()
            self._listener.close()


WEATHERS = ["down", "hangs", "cuts", "cuts in the answer", "answers nonsense"]


@pytest.fixture(params=WEATHERS)
def fault(request: pytest.FixtureRequest) -> Iterator[Fault]:
    bad = Fault(request.param)
    yield bad
    bad.release()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as long between tries as a test can."""
    made = Sender.__post_init__

    def hurried(sender: Sender) -> None:
        made(sender)
        sender._backoff._first = sender._backoff._most = 0.05

    monkeypatch.setattr(Sender, "__post_init__", hurried)


def test_what_was_lost_in_bad_weather_is_reported_when_it_clears(fault: Fault, collector: Any, client_of: Make, wait_for: Wait) -> None:
    client = client_of(f"http://127.0.0.1:{fault.port}", timeout=0.3).start()
    for _ in range(CAPACITY + 1000):
        client.record(kinds.KEY_DOWN)
    if fault.connections or fault._weather != "down":
        wait_for(lambda: fault.connections)
    assert len(client.sources.input.ring) == CAPACITY
    assert client.losses.total == {"overflow": 1000}

    fault.release()
    collector.stop()
    collector.port = fault.port
    collector.start()
    wait_for(lambda: len(collector.events) == CAPACITY)
    assert collector.lost == {"overflow": 1000}


def test_a_collector_that_goes_away_in_a_session_is_found_again(collector: Any, client_of: Make, wait_for: Wait) -> None:
    client = client_of(collector.url, interval=3600.0).start()
    client.record(kinds.KEY_DOWN, 1)
    assert client.flush(5.0)
    collector.stop()
    client.record(kinds.KEY_DOWN, 2)
    assert not client.flush(0.3)
    collector.start()
    wait_for(lambda: len(collector.events) == 2)
    assert [event[2] for event in collector.events] == [1, 2]
    assert len(collector.hellos) == 1


def test_frames_and_actions_that_find_no_room_are_counted_too(client_of: Make) -> None:
    client = client_of("http://127.0.0.1:9")
    for _ in range(client.sources.frames.ring.capacity + 3):
        client.frame()
    for _ in range(client.sources.actions.ring.capacity + 2):
        client.action("bet")
    assert client.losses.total == {"overflow_frames": 3, "overflow_actions": 2}


def test_the_oldest_goes_first(client_of: Make) -> None:
    client = client_of("http://127.0.0.1:9")
    for number in range(CAPACITY + 10):
        client.record(kinds.POINTER_MOVE, 0, number % 5000)
    assert client.sources.input.take(1)[0][3] == 10


def test_overflow_is_counted_to_the_last_one_with_many_threads(client_of: Make) -> None:
    client = client_of("http://127.0.0.1:9")
    threads = [threading.Thread(target=lambda: [client.record(kinds.KEY_DOWN) for _ in range(CAPACITY)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(client.sources.input.ring) + client.losses.total["overflow"] == 4 * CAPACITY
    assert len(client.sources.input.ring) <= CAPACITY + len(threads)


def test_stopping_while_the_collector_hangs_ends_at_its_deadline(client_of: Make, wait_for: Wait) -> None:
    bad = Fault("hangs")
    client = client_of(f"http://127.0.0.1:{bad.port}", timeout=5.0).start()
    wait_for(lambda: bad.connections)
    stopper = threading.Thread(target=client.stop, args=(0.1,))
    stopper.start()
    stopper.join(4.0)
    assert not stopper.is_alive()
    bad.release()


def test_what_a_reading_raises_is_swallowed_counted_and_reported(
    collector: Any, client_of: Make, wait_for: Wait, swallowed: list[Exception]
) -> None:
    def broken() -> Any:
        if len(swallowed) < 1:
            raise RuntimeError("a bug")
        return client.sources.device.__class__(client._guard).read()

    client = client_of(collector.url, device=broken).start()
    wait_for(client.token, 15.0)
    wait_for(lambda: collector.lost == {"error": 1})
    assert [str(error) for error in swallowed] == ["a bug"]
    swallowed.clear()


def test_an_answer_that_does_not_end_is_none() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def pour() -> None:
        connection, _ = listener.accept()
        with closing(connection), contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(1000):
                connection.sendall(bytes(65536))

    server = threading.Thread(target=pour)
    server.start()
    transport = HttpTransport(f"http://127.0.0.1:{listener.getsockname()[1]}", {})
    with pytest.raises(Unreachable, match="does not end"):
        transport.post("/v1/batches", b"", {})
    transport.close()
    server.join()
    listener.close()
