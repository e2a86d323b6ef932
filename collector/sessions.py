"""Sessions that are playing: what is remembered of each, out of the journal, and at hand in memory while it lasts.

The memory is a cache and nothing more. A session that is not there, or that another collector went on with, is read back: its newest
snapshot and the batches after it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, bindparam, select

from collector import assets, edge
from collector.assets import Ledger
from collector.builds import Build, Builds
from collector.clock import Clock
from collector.origins import Origin, origin_of
from collector.places import Places
from collector.problems import Problem
from collector.secrets import Secrets
from collector.sketches import Sketches
from collector.store.base import Read, Store
from collector.store.tables import batches, devices, sessions, snapshots
from signals import facts
from signals.facts import Circumstances
from signals.history import EMPTY, History, StaleHistory, dump, learn, load
from signals.replay.recall import Player
from signals.replay.sketch import Sketch
from signals.replay.tail import fresh_sketches
from signals.types import AssetCheck, DeviceMemory, ProbeCheck
from wire import sign
from wire.schema import Batch, Hello

ID_LENGTH: Final = 32
_LATER: Final = select(batches).where(batches.c.session == bindparam("of"), batches.c.seq > bindparam("after")).order_by(batches.c.seq)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a session: a fold over its hello and its batches."""

    history: History = EMPTY
    ledger: Ledger = field(default_factory=Ledger)


@dataclass(frozen=True, slots=True)
class Folded:
    """A batch taken in: the memory with it, whether a new round of probes begins, and the stretches of input that it completed."""

    memory: Memory
    asks: bool
    stretches: tuple[Sketch, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """What never changes about a session."""

    id: str
    device: str
    game: str
    build: str
    signing: bytes
    """What its batches are signed with, derived for that one purpose and never stored (`sign.derive`)."""
    created_us: int

    @property
    def player(self) -> Player:
        """Whose input it is, for recognising it later."""
        return Player(self.id, self.device)


@dataclass(slots=True)
class Live:
    """A session as far as this collector knows it. Changed only by who holds it."""

    session: Session
    memory: Memory
    device: DeviceMemory
    seq: int = 0
    """Number of the last batch."""
    digest: bytes = sign.FIRST_PREV
    """Of the last batch, which the next has to name."""
    snapshot_seq: int = 0
    """Number of the batch after which the stored snapshot was taken; 0 where there is none."""
    scored_us: int = 0
    """When it was last scored and its scores were published."""
    token_until_us: int = 0
    """When the newest login token that the client was given expires."""


class _Slot:
    """A place in the cache: the lock is there before the session is, so that it is read once."""

    __slots__ = ("live", "lock")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.live: Live | None = None


class Sessions:
    """The sessions that are playing."""

    def __init__(self, store: Store, clock: Clock, secrets: Secrets, builds: Builds, places: Places, bound: int, hours: float) -> None:
        self._sketches = Sketches(store)
        self._store = store
        self._clock = clock
        self._secrets = secrets
        self._builds = builds
        self._places = places
        self._bound = bound
        self._life_us = int(hours * 3_600_000_000)
        self._slots: OrderedDict[str, _Slot] = OrderedDict()

    @asynccontextmanager
    async def hold(self, session: str) -> AsyncIterator[Live]:
        """Give the session to one caller at a time, so that its batches are taken in order.

        Raises Problem `unknown_session` or `session_expired`. Whatever goes wrong while it is held, the session is
        read back from the store next time.
        """
        slot = self._slot(session)
        async with slot.lock:
            try:
                if slot.live is None:
                    slot.live = await self._read(session)
                if slot.live.session.created_us + self._life_us <= self._clock.wall_us():
                    raise Problem(410, "session_expired", "the session is over: open a new one")
                yield slot.live
            except BaseException as error:
                if slot.live is None or not isinstance(error, Problem):
                    self._forget(session, slot)
                raise

    async def current(self, session: str) -> Live:
        """Return the session as it is in the store now, whichever collector took its last batch. Raises Problem `unknown_session`."""
        async with self.hold(session) as live:
            await self.catch_up(live)
            return live

    def put(self, live: Live) -> None:
        """Take in a session that was just opened."""
        self._slot(live.session.id).live = live

    def forget(self, session: str) -> None:
        """Drop a session from memory, as when its subject is erased."""
        self._slots.pop(session, None)

    def _slot(self, session: str) -> _Slot:
        slot = self._slots.get(session)
        if slot is None:
            slot = self._slots[session] = _Slot()
            self._evict()
        else:
            self._slots.move_to_end(session)
        return slot

    def _evict(self) -> None:
        if len(self._slots) > self._bound:
            for session, slot in self._slots.items():
                if not slot.lock.locked():
                    del self._slots[session]
                    break

    def _forget(self, session: str, slot: _Slot) -> None:
        slot.live = None
        if self._slots.get(session) is slot:
            del self._slots[session]

    async def _read(self, session: str) -> Live:
        row = await self._store.one(select(sessions).where(sessions.c.id == session)) if valid_id(session) else None
        if row is None:
            raise Problem(404, "unknown_session", "there is no such session here: open one with a hello")
        device = await self._store.one(select(devices).where(devices.c.id == row["device"]))
        live = Live(
            Session(
                row["id"],
                row["device"],
                row["game"],
                row["build"],
                sign.derive(self._secrets.key("session", row["id"], row["key_version"]), sign.BATCH),
                row["created_us"],
            ),
            Memory(),
            remembered(device),
        )
        if not await self._restore(live):
            await self._begin(live, row)
        await self.catch_up(live)
        return live

    async def _restore(self, live: Live) -> bool:
        """Go on from the newest snapshot, if there is one that can be read."""
        query = (
            select(snapshots.c.seq, snapshots.c.history, batches.c.digest)
            .join(batches, (batches.c.session == snapshots.c.session) & (batches.c.seq == snapshots.c.seq))
            .where(snapshots.c.session == live.session.id)
        )
        row = await self._store.one(query)
        if row is None:
            return False
        live.snapshot_seq = row["seq"]
        try:
            memory = thawed(row["history"])
        except (StaleHistory, msgspec.MsgspecError):
            return False
        live.memory, live.seq, live.digest = memory, row["seq"], row["digest"]
        return True

    async def _begin(self, live: Live, row: RowMapping) -> None:
        build = await self._builds.get(live.session.game, live.session.build)
        hello = msgspec.msgpack.decode(row["hello"], type=Hello)
        live.memory = begun(hello, build, self._origin(row["address"], row["created_us"]), row["created_us"])

    async def catch_up(self, live: Live) -> bool:
        """Fold the batches that the store has after what is in memory, and tell whether there were any. For who holds the session."""
        rows = await self._store.all(Read(_LATER, {"of": live.session.id, "after": live.seq}))
        for row in rows:
            batch = edge.reopen_batch(row["body"], row["encoding"])
            live.memory = (await self.fold(live, batch, row["arrived_us"], row["address"])).memory
            live.seq, live.digest = row["seq"], row["digest"]
        return bool(rows)

    async def fold(self, live: Live, batch: Batch, arrived_us: int, address: str | None) -> Folded:
        """Return what a batch makes of the memory. Changes nothing."""
        session = live.session
        build = await self._builds.get(session.game, session.build)
        checked = assets.check(live.memory.ledger, batch, build, arrived_us, session.id, self._secrets)
        code_known = assets.code_known(build, batch.integrity)
        around = circumstances(self._origin(address, arrived_us), arrived_us, checked.assets, checked.probes, code_known)
        told = facts.of_batch(batch, around)
        stretches = fresh_sketches(live.memory.history.replay, told)
        if stretches:
            told = replace(told, replays=await self._sketches.match(session.player, stretches, arrived_us))
        return Folded(Memory(learn(live.memory.history, told), checked.ledger), checked.asks, stretches)

    def _origin(self, address: str | None, at_us: int) -> Origin:
        return origin_of(address, at_us, self._places, self._secrets)


def begun(hello: Hello, build: Build, origin: Origin, at_us: int) -> Memory:
    """Return what is remembered after the hello."""
    unknown = None if build.registered else AssetCheck(known_build=False)
    around = circumstances(origin, at_us, unknown, None, assets.code_known(build, hello.integrity))
    return Memory(learn(EMPTY, facts.of_hello(hello, around)), assets.begin(build, hello.integrity, at_us))


def circumstances(
    origin: Origin, at_us: int, checked: AssetCheck | None, probed: ProbeCheck | None, code_known: bool | None
) -> Circumstances:
    """Return what the collector adds to a hello or a batch."""
    return Circumstances(
        arrived_us=at_us,
        address=origin.address,
        place=origin.place,
        prefix=origin.prefix,
        company=origin.company,
        place_offset_min=origin.place_offset_min,
        assets=checked,
        probes=probed,
        code_known=code_known,
    )


def valid_id(text: str) -> bool:
    """Tell whether `text` could be an id, before a store is asked for it."""
    return 0 < len(text) <= ID_LENGTH and text.isascii() and text.replace("_", "").replace("-", "").isalnum()


def remembered(device: Mapping[Any, Any] | None) -> DeviceMemory:
    """Return what is remembered of a device. One that just came is not known yet, unless it came with a forged proof."""
    if device is None:
        return DeviceMemory()
    before = device["sessions"] > 1 or device["cloned"] > 0 or device["forged"] > 0
    return DeviceMemory(
        known=before,
        sessions=device["sessions"],
        cloned=device["cloned"],
        forged=device["forged"],
        journey=device.get("journey") or b"",
    )


def frozen(memory: Memory) -> bytes:
    """Return a memory as a snapshot holds it."""
    return msgspec.msgpack.encode((dump(memory.history), memory.ledger))


def thawed(stored: bytes) -> Memory:
    """Return the memory that `frozen` wrote. Raises StaleHistory or msgspec.MsgspecError where it can't be had."""
    history, ledger = _snapshot.decode(stored)
    return Memory(load(history), ledger)


_snapshot: Final = msgspec.msgpack.Decoder(tuple[bytes, Ledger])
