"""Stretches of input that are remembered, and who they were. The store keeps them, for all collectors, until they go with age or with
a subject.

Each collector holds the signatures in memory to search among, and nothing else: it reads what is new every few seconds, and whatever
it finds it fetches from the store, so what was erased there is found no more.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import RowMapping, bindparam, insert, select

from collector.store.base import Read, Store, Write
from collector.store.tables import sessions
from collector.store.tables import sketches as table
from signals.replay.index import NONE, SignatureIndex
from signals.replay.recall import Player, Remembered, compare
from signals.replay.sketch import Sketch
from signals.types import ReplayMatch

REFRESH_US: Final = 2_000_000
"""How old the signatures in memory may be, in server time."""
SETTLED_US: Final = 30_000_000
"""After this, no commit under way can still bring a row with a smaller number."""
PAGE: Final = 5_000
"""Rows read at once."""
ANEW_US: Final = 24 * 3_600_000_000
"""After this the signatures are read from the beginning."""

_INSERT: Final = insert(table)
_owner: Final = sessions.alias("owner")
_NEWER: Final = (
    select(table.c.id, table.c.channel, table.c.signature, table.c.before, table.c.at_us)
    .where(table.c.id > bindparam("after"))
    .order_by(table.c.id)
    .limit(bindparam("page"))
)
_OTHERS: Final = (
    select(table.c.id, table.c.session, table.c.stretch, table.c.at_us, _owner.c.device, _owner.c.subject)
    .outerjoin(_owner, _owner.c.id == table.c.session)
    .where(table.c.id.in_(bindparam("ids", expanding=True)), table.c.session != bindparam("of"), table.c.at_us < bindparam("until"))
)


class _Signatures:
    """What was read of the store, by channel."""

    def __init__(self, since_us: int) -> None:
        self.since_us = since_us
        self.indexes: defaultdict[int, SignatureIndex] = defaultdict(SignatureIndex)
        self._settled = 0
        """Up to this number every row has been read."""
        self._ahead: set[int] = set()
        """Numbers beyond it that have been read too."""

    async def read(self, store: Store, now_us: int) -> None:
        """Take in what is new."""
        after = self._settled
        while rows := await store.all(Read(_NEWER, {"after": after, "page": PAGE})):
            self._take_in([row for row in rows if row["id"] not in self._ahead])
            after = rows[-1]["id"]
            self._ahead.update(row["id"] for row in rows)
            self._settled = max((row["id"] for row in rows if row["at_us"] <= now_us - SETTLED_US), default=self._settled)
            if len(rows) < PAGE:
                break
        self._ahead = {id for id in self._ahead if id > self._settled}

    def _take_in(self, rows: Sequence[RowMapping]) -> None:
        for channel in {row["channel"] for row in rows}:
            own = [row for row in rows if row["channel"] == channel]
            columns = zip(*((row["id"], row["signature"], NONE if row["before"] is None else row["before"]) for row in own), strict=True)
            ids, signatures, before = (np.array(column, np.int64) for column in columns)
            self.indexes[channel].add(ids, signatures, before)


class Sketches:
    """Remembers sketches, and recognises them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reading = asyncio.Lock()
        self._read: _Signatures | None = None
        self._read_us = 0

    async def match(self, player: Player, fresh: Sequence[Sketch], at_us: int) -> tuple[ReplayMatch, ...]:
        """Return what was played before in other sessions, before that instant (server µs), each recording once for a sketch."""
        if not fresh:
            return ()
        indexes = (await self._signatures(at_us)).indexes
        near = [indexes[sketch.channel].search(sketch) for sketch in fresh]
        wanted = sorted({id for ids in near for id in ids})
        if not wanted:
            return ()
        found = await self._store.all(Read(_OTHERS, {"ids": wanted, "of": player.session, "until": at_us}))
        rows = {row["id"]: _remembered(row) for row in found}
        matches: list[ReplayMatch] = []
        for sketch, ids in zip(fresh, near, strict=True):
            candidates = [rows[id] for id in ids if id in rows]
            matches.extend(compare(sketch, candidates, player, at_us, len(indexes[sketch.channel])))
        return tuple(matches)

    async def _signatures(self, now_us: int) -> _Signatures:
        """Return signatures that are fresh enough. Once there are some, nobody waits for somebody else who reads what is new."""
        current = self._read
        if current is not None and (abs(now_us - self._read_us) < REFRESH_US or self._reading.locked()):
            return current
        async with self._reading:
            if self._read is None or abs(now_us - self._read_us) >= REFRESH_US:
                # beginning anew drops what is no longer in the store
                stale = self._read is None or now_us - self._read.since_us > ANEW_US
                read = _Signatures(now_us) if stale or self._read is None else self._read
                await read.read(self._store, now_us)
                self._read, self._read_us = read, now_us
            return self._read


def writes(player: Player, fresh: Sequence[Sketch], at_us: int) -> list[Write]:
    """Return the write that remembers a batch's sketches, for the batch's own commit."""
    if not fresh:
        return []
    rows: list[dict[str, Any]] = [
        {
            "session": player.session,
            "channel": sketch.channel,
            "signature": sketch.signature,
            "before": sketch.before,
            "stretch": sketch.stretch,
            "at_us": at_us,
        }
        for sketch in fresh
    ]
    return [Write(_INSERT, rows)]


def _remembered(row: RowMapping) -> Remembered:
    return Remembered(Player(row["session"], row["device"] or "", row["subject"]), row["stretch"], row["at_us"])
