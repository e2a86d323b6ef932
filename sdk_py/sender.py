"""What to send when: opens sessions, sends one batch at a time, and reacts to what the collector says (SPEC.md, Reactions)."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from sdk_py.backoff import Backoff
from sdk_py.codec import pack, squeeze, unpack
from sdk_py.gate import Gate
from sdk_py.guard import Guard, log
from sdk_py.identity import Identity
from sdk_py.losses import Losses
from sdk_py.outbox import Outbox
from sdk_py.parcel import Parcel
from sdk_py.session import Sealed, Session
from sdk_py.sources import Sources
from sdk_py.transport import Answer, Transport, Unreachable
from sdk_py.version import SDK
from wire.limits import MAX_BODY, MAX_PLAIN, VERSION
from wire.schema import Ack, Hello, Welcome

POLL_S: Final = 0.25
"""How often the sender looks whether a batch has become full."""
REFUSED_S: Final = 5.0
"""How often a refused client counts what it can't send."""

# Answers to a batch after which only a new session helps: it is gone, over, or its chain does not fit
_SESSION_LOST: Final = frozenset({404, 409, 410})


@dataclass(slots=True)
class Spoken:
    """What the collector has told the game, replaced as a whole so that any thread may read it."""

    token: str = ""
    challenge: str | None = None
    refused: str | None = None
    session: str | None = None


@dataclass(slots=True)
class Sender:
    """`turn` does at most one exchange. It runs in one thread; `wake` may be set from any."""

    key: str
    """Goes with hellos only; a batch is let in by its signature."""
    game: str
    build: str
    sources: Sources
    losses: Losses
    guard: Guard
    gate: Gate
    """Held by the thread that calls `turn`; left while a request is under way."""
    identity: Identity
    transport: Transport
    interval: float | None = None
    """Seconds between batches; None for what the collector asks."""
    draw: Callable[[], float] = random.random
    lazy: bool = False
    """Open a session only once there is something to tell."""
    spoken: Spoken = field(default_factory=Spoken)
    _session: Session | None = None
    _sealed: Sealed | None = None
    _outbox: Outbox = field(init=False)
    _backoff: Backoff = field(init=False)
    _spoke: float = 0.0
    _not_before: float = 0.0

    def __post_init__(self) -> None:
        self._outbox = Outbox(self.sources, self.losses, self.interval, self.draw)
        self._backoff = Backoff(draw=self.draw)

    def turn(self, now: float) -> float:
        """Do what is due at `now` (monotonic seconds), and return when to be called again."""
        again = self._turn(now)
        if self._sealed is None:
            self._outbox.nothing_under_way()
        return again

    def _turn(self, now: float) -> float:
        if self.spoken.refused:
            return self._count_as_refused(now)
        if now < self._not_before:
            return self._not_before
        if self._session is None:
            if self.lazy and self._outbox.nothing_recorded():
                return now + POLL_S
            return self._open(now)
        if self._sealed is None:
            parcel = self._outbox.next(now, self._spoke)
            if parcel is None:
                return min(self._outbox.due, now + POLL_S)
            if not self._seal(self._session, parcel):
                return now
        return self._deliver(now)

    def flush(self) -> None:
        """Ask for a batch with all that is recorded until now, whatever the interval. From any thread."""
        self._outbox.flush()

    @property
    def flushed(self) -> bool:
        """Whether all that was recorded before the last `flush` is acknowledged, or known to be lost."""
        return self._outbox.flushed

    # hello

    def _open(self, now: float) -> float:
        nonce = os.urandom(16)
        try:
            proof = self.identity.prove(nonce)
        except TimeoutError:
            return self._later(now, None)
        except OSError as error:
            log.info("the device's identity can't be kept here: %s", error)
            proof = None
        sources = self.sources
        hello = Hello(
            v=VERSION,
            game=self.game,
            build=self.build,
            sdk=SDK,
            nonce=nonce,
            facts=sources.device.read(),
            integrity=sources.integrity.read(),
            device=proof,
            clock=sources.clock.read(),
        )
        body, headers = squeeze(pack(hello))
        answer = self._post("/v1/sessions", body, {**headers, "authorization": f"Bearer {self.key}"})
        if answer is None or not answer.ok:
            return self._hello_failed(now, answer)
        try:
            welcome = unpack(Welcome, answer.body)
        except ValueError as error:
            log.warning("the collector's welcome can't be read: %s", error)
            return self._later(now, answer)
        self._welcomed(now, welcome)
        return now

    def _welcomed(self, now: float, welcome: Welcome) -> None:
        if welcome.device is not None:
            try:
                self.identity.keep(welcome.device)
            except OSError as error:
                log.info("the device's identity can't be kept here: %s", error)
        self._session = Session(welcome)
        self._outbox.asked_interval = welcome.interval_ms / 1000
        self.spoken = Spoken(token=welcome.token, session=welcome.session)
        self._outbox.begin(welcome.max_events)
        self.sources.assets.rewind()
        self.sources.assets.ask(welcome.probes)
        self.sources.assets.start()
        self._spoke = now
        self._outbox.plan(now)

    def _hello_failed(self, now: float, answer: Answer | None) -> float:
        if answer is not None and answer.status in (401, 403):
            return self._refused(now, answer)
        if answer is not None and 400 <= answer.status < 500:
            log.warning("the collector does not take the hello: %s %s", answer.status, answer.code)
        return self._later(now, answer)

    # batches

    def _seal(self, session: Session, parcel: Parcel) -> bool:
        try:
            sealed = session.seal(parcel)
        except Exception:
            self._outbox.drop(parcel, "error")
            raise
        if len(sealed.body) > MAX_BODY or sealed.plain_size > MAX_PLAIN:
            self._outbox.cut(parcel)
            return False
        self._sealed = sealed
        return True

    def _deliver(self, now: float) -> float:
        assert self._session is not None
        assert self._sealed is not None
        sealed = self._sealed
        answer = self._post("/v1/batches", sealed.body, sealed.headers)
        if answer is not None and answer.ok:
            return self._acknowledged(now, self._session, sealed, answer)
        if answer is None or answer.status >= 500 or answer.status in (408, 425, 429) or answer.status < 400:
            return self._later(now, answer)
        self._sealed = None
        if answer.status in _SESSION_LOST or answer.code == "bad_signature":
            return self._session_lost(now, sealed.parcel, answer)
        if answer.status in (401, 403):
            self._outbox.drop(sealed.parcel, "refused")
            return self._refused(now, answer)
        if answer.status == 413:
            self._outbox.smaller()
            self._outbox.cut(sealed.parcel)
            return now
        log.warning("the collector does not take a batch: %s %s", answer.status, answer.code)
        self._outbox.drop(sealed.parcel, "rejected")
        return self._later(now, answer)

    def _acknowledged(self, now: float, session: Session, sealed: Sealed, answer: Answer) -> float:
        try:
            ack = unpack(Ack, answer.body)
        except ValueError as error:
            log.warning("the collector's acknowledgement can't be read: %s", error)
            return self._later(now, answer)
        session.advance(sealed)
        self._sealed = None
        self._backoff.reset()
        self._spoke = now
        self._outbox.asked_interval = ack.interval_ms / 1000
        self.spoken = replace(self.spoken, token=ack.token or self.spoken.token, challenge=ack.challenge)
        self.sources.assets.ask(ack.probes)
        return now

    # what goes wrong

    def _session_lost(self, now: float, parcel: Parcel, answer: Answer) -> float:
        log.info("the session ended: %s", answer.code or answer.status)
        fruitless = self._session is None or self._session.acknowledged == 0
        self._session = None
        self.spoken = Spoken()
        self._outbox.put_back(parcel)
        return self._later(now, None) if fruitless else now

    def _refused(self, now: float, answer: Answer) -> float:
        log.warning("the collector refuses this client (%s %s): nothing more is sent", answer.status, answer.code)
        self.spoken = Spoken(refused=answer.code or str(answer.status))
        self._session = None
        return self._count_as_refused(now)

    def _count_as_refused(self, now: float) -> float:
        self._outbox.drop_all("refused")
        return now + REFUSED_S

    def _later(self, now: float, answer: Answer | None) -> float:
        wait = self._backoff.next()
        if answer is not None and answer.retry_after_s is not None:
            wait = max(answer.retry_after_s, wait if answer.retry_after_s == 0 else 0.0) + self.draw()
        self._not_before = now + wait
        return self._not_before

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> Answer | None:
        try:
            self.transport.open()
            with self.gate.left():
                return self.transport.post(path, body, headers)
        except Unreachable as error:
            log.debug("the collector can't be reached: %s", error)
            return None
