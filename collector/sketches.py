"""Stretches of input that the store remembers, and who they were. All collectors share them; they go with their subject and with age.

A search first reads keys and signatures out of the indexes alone, and fetches the stretches of those few that are near enough.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import RowMapping, Select, String, bindparam, delete, insert, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from collector.store.base import Store, Write
from collector.store.tables import sessions
from collector.store.tables import sketches as table
from signals.replay.recall import Player, Remembered, compare, nearest
from signals.replay.sketch import Sketch, keys, probes
from signals.types import ReplayMatch

_INSERT: Final = insert(table)
_owner: Final = sessions.alias("owner")


class _Keys(FunctionElement[int]):
    """The integers of a JSON array, as a subquery: one parameter however many keys, which costs far less than an expanding IN."""

    name = "keys"
    inherit_cache = True


@compiles(_Keys, "sqlite")
def _keys_in_sqlite(element: _Keys, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"


@compiles(_Keys, "postgresql")
def _keys_in_postgresql(element: _Keys, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT CAST(json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json)) AS integer))"


_CANDIDATES: Final = union_all(
    *(
        select(table.c.id, table.c.signature).where(column.op("IN")(_Keys(bindparam(name, type_=String))))
        for name, column in (("first", table.c.first_key), ("second", table.c.second_key))
    )
)


async def match(store: Store, player: Player, fresh: Sequence[Sketch], before_us: int) -> tuple[ReplayMatch, ...]:
    """Return what was played before, in other sessions and before that instant (server µs), each recording once for a sketch."""
    if not fresh:
        return ()
    near = await _near(store, fresh)
    wanted = sorted({id for ids in near for id in ids})
    if not wanted:
        return ()
    rows = {row["id"]: row for row in await store.all(_with_owner(wanted, player.session, before_us))}
    matches: list[ReplayMatch] = []
    for sketch, ids in zip(fresh, near, strict=True):
        matches.extend(compare(sketch, [_remembered(rows[id]) for id in ids if id in rows], player, before_us))
    return tuple(matches)


def writes(player: Player, fresh: Sequence[Sketch], at_us: int) -> list[Write]:
    """Return the write that remembers a batch's sketches, for the batch's own commit."""
    if not fresh:
        return []
    rows: list[dict[str, Any]] = []
    for sketch in fresh:
        first, second = keys(sketch)
        rows.append(
            {
                "session": player.session,
                "first_key": first,
                "second_key": second,
                "signature": sketch.signature,
                "stretch": sketch.stretch,
                "at_us": at_us,
            }
        )
    return [Write(_INSERT, rows)]


def forget(session_ids: Sequence[str]) -> Write:
    """Return the write that erases the sketches of some sessions."""
    return Write(delete(table).where(table.c.session.in_(session_ids)))


async def _near(store: Store, fresh: Sequence[Sketch]) -> list[list[int]]:
    """Return the ids whose signatures are near, for each sketch, the nearest first."""
    found = []
    for sketch in fresh:
        first, second = probes(sketch)
        rows = await store.all(_CANDIDATES.params(first=json.dumps(first), second=json.dumps(second)))
        ids = np.fromiter((row["id"] for row in rows), np.int64, len(rows))
        signatures = np.fromiter((row["signature"] for row in rows), np.int64, len(rows))
        found.append(nearest(sketch, ids, signatures))
    return found


def _with_owner(ids: Sequence[int], session: str, before_us: int) -> Select[Any]:
    return (
        select(table.c.id, table.c.session, table.c.stretch, table.c.at_us, _owner.c.device, _owner.c.subject)
        .outerjoin(_owner, _owner.c.id == table.c.session)
        .where(table.c.id.in_(ids), table.c.session != session, table.c.at_us < before_us)
    )


def _remembered(row: RowMapping) -> Remembered:
    return Remembered(Player(row["session"], row["device"] or "", row["subject"]), row["stretch"], row["at_us"])
