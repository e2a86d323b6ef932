"""What is not kept: old journals, scores, decisions and rejects go, events that the bus has go soon, addresses are cut to their network.

Rows go a few at a time, so that nobody waits long for the store while it tidies up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, delete, select, update

from collector.clock import Clock
from collector.settings import Settings
from collector.store.base import Store, Write
from collector.store.tables import batches, challenges, counts, decisions, outbox, presence, rejects, scores, sessions, sketches, snapshots
from collector.surroundings import faded

CHUNK: Final = 500
"""Keys in one statement."""
DAY_HOURS: Final = 24.0
"""How long an event is kept that the bus has, and who came through an address."""
PREFIXES: Final = {4: 24, 6: 48}
"""Bits of an address that stay."""
_HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Horizon:
    """Until when what goes, in µs of the wall clock."""

    kept_us: int
    """What is older goes: retention, but never less than a session lasts, whose journal may be needed until its end."""
    over_us: int
    """Sessions that were opened before are over, and their journals are older than `kept_us`."""
    day_us: int
    address_us: int


def horizon(now_us: int, settings: Settings) -> Horizon:
    """Return where the horizon is now."""
    session_us = int(settings.session_hours * _HOUR_US)
    kept_us = now_us - max(int(settings.retention_days * 24 * _HOUR_US), session_us)
    return Horizon(kept_us, kept_us - session_us, now_us - int(DAY_HOURS * _HOUR_US), now_us - int(settings.address_hours * _HOUR_US))


def stale(until: Horizon) -> Iterator[tuple[Table, ColumnElement[Any], ColumnElement[bool]]]:
    """Return what goes beyond a horizon, children before parents: the table, a key to delete by, and the condition."""
    yield batches, batches.c.session, batches.c.arrived_us < until.kept_us
    yield snapshots, snapshots.c.session, snapshots.c.session.in_(select(sessions.c.id).where(sessions.c.created_us < until.over_us))
    yield sessions, sessions.c.id, sessions.c.created_us < until.over_us
    yield challenges, challenges.c.id, challenges.c.decision.in_(select(decisions.c.id).where(decisions.c.at_us < until.kept_us))
    yield decisions, decisions.c.id, decisions.c.at_us < until.kept_us
    yield scores, scores.c.id, scores.c.at_us < until.kept_us
    yield sketches, sketches.c.id, sketches.c.at_us < until.kept_us
    yield rejects, rejects.c.id, rejects.c.at_us < until.kept_us
    yield presence, presence.c.key, presence.c.seen_us < until.day_us
    yield counts, counts.c.key, faded(until.day_us)
    yield outbox, outbox.c.id, outbox.c.sent_us < until.day_us
    yield outbox, outbox.c.id, outbox.c.dead_us < until.kept_us


def truncated(address: str) -> str:
    """Return the network that an address is in, such as `203.0.113.0/24`; nothing of what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return "/"
    return str(ip_network((found, PREFIXES[found.version]), strict=False))


class Retention:
    """Sweeps, when it is told to."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._truncated_us = {sessions: 0, batches: 0}
        """Until where addresses were cut already, by table; a new process looks through all once."""

    async def sweep(self) -> None:
        """Drop and truncate what is beyond the horizon."""
        until = horizon(self._clock.wall_us(), self._settings)
        for table, key, condition in stale(until):
            while keys := await self._keys(select(key).where(condition)):
                await self._store.commit(Write(delete(table).where(key.in_(keys), condition)))
        await self._truncate(sessions, sessions.c.created_us, until.address_us)
        await self._truncate(batches, batches.c.arrived_us, until.address_us)

    async def _truncate(self, table: Table, at: ColumnElement[int], until_us: int) -> None:
        column = table.c.address
        whole = (at >= self._truncated_us[table]) & (at < until_us) & column.not_like("%/%")
        while found := await self._keys(select(column).where(whole)):
            for address in found:
                await self._store.commit(Write(update(table).where(whole, column == address).values(address=truncated(address))))
        self._truncated_us[table] = until_us

    async def _keys(self, query: Any) -> list[Any]:
        return [next(iter(row.values())) for row in await self._store.all(query.distinct().limit(CHUNK))]
