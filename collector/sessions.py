"""Sessions that are playing: what is remembered of each, out of the journal, and at hand in memory while it lasts.

The memory is a cache and nothing more. A session that is not there, or that another collector went on with, is read back: its newest
snapshot and the batches after it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import RowMapping, bindparam, select

from collector import assets, edge
from collector.builds import Builds
from collector.clock import Clock
from collector.memory import Memory, begun, thawed
from collector.origins import Origin, origin_of
from collector.places import Places
from collector.problems import Problem
from collector.secrets import Secrets
from collector.sketches import Sketches
from collector.store.base import Read, Store
from collector.store.tables import batches, devices, sessions, snapshots
from signals.history import StaleHistory, learn
from signals.replay.recall import Player
from signals.replay.sketch import Sketch
from signals.replay.tail import fresh_of_each
from signals.types import DeviceMemory
from wire import sign
from wire.schema import Batch, Hello

ID_LENGTH: Final = 32
_LATER: Final = (
    select(batches, sessions.c.folded)
    .join(sessions, sessions.c.id == batches.c.session)
    .where(batches.c.session == bindparam("of"), batches.c.seq > bindparam("after"))
    .order_by(batches.c.seq)
)


class Folded(NamedTuple):
    """A memory in which nothing waits, and the stretches of input that were not looked through before."""

    memory: Memory
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
    folded: int = 0
    """Number of the batch up to which the input was looked through, by this or another collector: its sketches are in the store."""
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
        """Return the session as it is in the store now, whichever collector took its last batch, with nothing that waits to be folded.

        Raises Problem `unknown_session`.
        """
        async with self.hold(session) as live:
            await self.catch_up(live)
            return replace(live, memory=(await self.fold(live, live.memory)).memory)

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
            folded=row["folded"],
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
        """Take in the batches that the store has after what is in memory, and tell whether there were any. For who holds the session."""
        rows = await self._store.all(Read(_LATER, {"of": live.session.id, "after": live.seq}))
        for row in rows:
            batch = edge.reopen_batch(row["body"], row["encoding"])
            live.memory, _ = await self.remember(live, batch, row["arrived_us"], row["address"])
            live.seq, live.digest, live.folded = row["seq"], row["digest"], row["folded"]
            if live.memory.full and live.seq <= live.folded:  # else its stretches are not in the store: who takes the next batch folds it
                live.memory, _ = await self.fold(live, live.memory)
        return bool(rows)

    async def remember(self, live: Live, batch: Batch, arrived_us: int, address: str | None) -> tuple[Memory, bool]:
        """Return the memory with a batch that waits in it, and whether a new round of probes begins with it. Changes nothing."""
        session = live.session
        build = await self._builds.get(session.game, session.build)
        checked = assets.check(live.memory.ledger, batch, build, arrived_us, session.id, self._secrets)
        return live.memory.plus(batch, build, checked, arrived_us, address), checked.asks

    async def fold(self, live: Live, memory: Memory) -> Folded:
        """Return what the batches that wait make of a session's memory. Changes nothing."""
        if not memory.pending:
            return Folded(memory, ())
        told = [one.told(self._origin(one.address, one.arrived_us)) for one in memory.pending]
        stretches = fresh_of_each(memory.history.replay, told)
        for place, fresh in enumerate(stretches):
            if fresh:
                replays = await self._sketches.match(live.session.player, fresh, told[place].arrived_us)
                told[place] = replace(told[place], replays=replays)
        later = (fresh for one, fresh in zip(memory.pending, stretches, strict=True) if one.batch.seq > live.folded)
        return Folded(Memory(learn(memory.history, *told), memory.ledger), tuple(chain.from_iterable(later)))

    def _origin(self, address: str | None, at_us: int) -> Origin:
        return origin_of(address, at_us, self._places, self._secrets)


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
