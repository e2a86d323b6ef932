"""A client: what a game talks to, and the thread that talks to the collector. Nothing here raises into the game, or waits."""

import atexit
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from sdk_py.folders import data_folder
from sdk_py.gate import Gate
from sdk_py.guard import Guard
from sdk_py.identity import Identity
from sdk_py.losses import Losses
from sdk_py.sender import Sender
from sdk_py.sources import Sources
from sdk_py.sources.actions import Actions
from sdk_py.sources.assets import Assets
from sdk_py.sources.clock import Clock
from sdk_py.sources.device import Device
from sdk_py.sources.frames import Frames
from sdk_py.sources.input import Input
from sdk_py.sources.integrity import Integrity
from sdk_py.transport import THREAD_NAME, HttpTransport, Transport
from wire.schema import DeviceFacts, IntegrityFacts

EXIT_S: Final = 1.0
"""Seconds that the last batches may hold up the end of the process."""


class Client:
    """One game's connection to one collector. Several live side by side, if each has a data folder of its own or is the same device.

    `record(kind, code=0, x=0, y=0)` and `frame()` append to their rings and cost little more than that, see `buffer`.
    Everything from `data` on is for tests and for synthetic players: where the identity is kept; the clocks; what reads device and
    integrity (each returns its facts); further HTTP headers; seconds between batches; seconds for an answer; what carries requests.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str,
        game: str,
        build: str,
        assets: str | Path | None = None,
        data: str | Path | None = None,
        clock: Clock | None = None,
        device: Callable[[], DeviceFacts] | None = None,
        integrity: Callable[[], IntegrityFacts] | None = None,
        headers: Mapping[str, str] | None = None,
        interval: float | None = None,
        timeout: float = 10.0,
        transport: Transport | None = None,
    ) -> None:
        self.losses = Losses()
        self._guard = Guard(self.losses)
        self._gate = Gate()
        folder = Path(data) if data is not None else data_folder()
        clock = clock or Clock()
        self.sources = Sources(
            device=Device(self._guard, device),
            clock=clock,
            input=Input(clock.mono_ns, self.losses),
            frames=Frames(clock.mono_ns, self.losses),
            actions=Actions(clock.mono_ns, self.losses),
            assets=Assets(Path(assets) if assets is not None else None, folder, self._guard, self._gate),
            integrity=Integrity(self._guard, integrity),
        )
        self.record = self.sources.input.record
        self.frame = self.sources.frames.frame
        self._identity = Identity(folder, url)
        self._key, self._headers = key, dict(headers or {})
        self._url, self._timeout, self._transport = url, timeout, transport
        self._game, self._build, self._interval = game, build, interval
        self._sender = self._new_sender(lazy=False)
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._turned = threading.Condition()
        self._stop_by: float | None = None
        self._left_behind: list[Any] = []

    def start(self) -> "Client":
        """Begin to send, in a thread of its own. Returns the client."""
        with self._guard:
            if self._thread is None and self._stop_by is None:
                self.sources.integrity.glance()
                self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
                self._thread.start()
                _clients.add(self)
        return self

    def action(self, name: str, amount: float | None = None, round: str | None = None, **extra: Any) -> None:
        """Tell that something happened in the game."""
        with self._guard:
            self.sources.actions.tell(name, amount, round, extra)
            self.sources.integrity.glance()

    def display(
        self,
        *,
        gpu: str | None = None,
        driver: str | None = None,
        width: int | None = None,
        height: int | None = None,
        refresh_hz: float | None = None,
    ) -> None:
        """Tell what the game knows of its display: renderer string, window system, pixels, Hz. The adapters do it by themselves."""
        with self._guard:
            self.sources.device.tell(gpu=gpu, display_driver=driver, display_width=width, display_height=height, refresh_hz=refresh_hz)

    def token(self) -> str:
        """Return what the login form carries, "" while no session is open."""
        return self._sender.spoken.token

    def challenge(self) -> str | None:
        """Return the id of a challenge that waits for this player, for `GET /v1/challenges/{id}`."""
        return self._sender.spoken.challenge

    @property
    def session(self) -> str | None:
        """Id of the open session."""
        return self._sender.spoken.session

    @property
    def refused(self) -> str | None:
        """Why the collector wants nothing from this client, as a problem code."""
        return self._sender.spoken.refused

    def flush(self, timeout: float = 0.0) -> bool:
        """Send now what was recorded until now. Waits for `timeout` seconds at most; returns whether all of it was acknowledged by then."""
        with self._turned:
            self._sender.flush()
            self._wake.set()
            if timeout > 0:
                self._turned.wait_for(lambda: self._sender.flushed, timeout)
            return self._sender.flushed

    def stop(self, timeout: float = EXIT_S) -> None:
        """Send what is left, for `timeout` seconds at most, and end the thread. What is recorded later is dropped."""
        with self._guard:
            self._end_by(time.monotonic() + timeout)
            thread = self._thread
            if thread is not None and thread is not threading.current_thread():
                thread.join(timeout)
            self.sources.assets.stop()
            _clients.discard(self)

    def _end_by(self, deadline: float) -> None:
        self._sender.flush()
        self._stop_by = deadline
        self._wake.set()

    def _new_sender(self, lazy: bool) -> Sender:
        return Sender(
            key=self._key,
            game=self._game,
            build=self._build,
            sources=self.sources,
            losses=self.losses,
            guard=self._guard,
            gate=self._gate,
            identity=self._identity,
            transport=self._transport or HttpTransport(self._url, self._headers, self._timeout),
            interval=self._interval,
            lazy=lazy,
        )

    def _run(self) -> None:
        sender = self._sender
        while not self._ended():
            now = time.monotonic()
            again = now + 1.0
            with self._guard, self._gate.held():
                again = sender.turn(now)
            with self._turned:
                self._turned.notify_all()
            if self._stop_by is not None:
                again = min(again, self._stop_by)
            self._wake.wait(max(0.0, again - time.monotonic()))
            self._wake.clear()
        with self._guard, self._gate.held():
            sender.transport.close()

    def _ended(self) -> bool:
        if self._stop_by is None:
            return False
        return self._sender.flushed or time.monotonic() >= self._stop_by

    def _forked(self) -> None:
        """Begin anew in a child process: what was recorded before the fork is the parent's to send, and so is its session."""
        self._gate.after_fork_in_child()
        # kept, never closed: its sockets are the parent's too
        self._left_behind.append(self._sender)
        for ring in (self.sources.input.ring, self.sources.frames.ring, self.sources.actions.ring):
            ring.items.clear()
        self.losses.forget()
        self.sources.assets.forked()
        self._wake, self._turned = threading.Event(), threading.Condition()
        running = self._thread is not None and self._stop_by is None
        self._thread = None
        self._sender = self._new_sender(lazy=True)
        if running:
            self.start()


_clients: Final["weakref.WeakSet[Client]"] = weakref.WeakSet()


def _before_fork() -> None:
    for client in list(_clients):
        client._gate.before_fork()


def _after_fork_in_parent() -> None:
    for client in list(_clients):
        client._gate.after_fork_in_parent()


def _after_fork_in_child() -> None:
    for client in list(_clients):
        with client._guard:
            client._forked()


def _at_exit() -> None:
    deadline = time.monotonic() + EXIT_S
    clients = list(_clients)
    for client in clients:
        client._end_by(deadline)
    for client in clients:
        client.stop(max(0.0, deadline - time.monotonic()))


if sys.platform != "win32":
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
