"""Input of sessions that went silent before it was looked through: that of a player who left, or of a collector that was killed.

What waits in memory to be folded is in the journal, and the next batch or decision folds it, here or elsewhere. Where neither comes,
this does, so that what was played last can be recognised later like all else.
"""

from typing import Final

from sqlalchemy import bindparam, func, select

from collector import journal, sketches
from collector.clock import Clock
from collector.problems import Problem
from collector.sessions import Sessions
from collector.store.base import Conflict, Read, Store
from collector.store.tables import batches, sessions

SILENT_US: Final = 60_000_000
"""A batch that was not looked through for so long will not be by who took it."""
BEFORE_US: Final = 3_600_000_000
"""How far before the newest batch of the journal a new process begins: longer than any collector lets a session wait."""
_NEWEST: Final = select(func.max(batches.c.arrived_us).label("at_us"))
_UNFOLDED: Final = (
    select(batches.c.session)
    .join(sessions, sessions.c.id == batches.c.session)
    .where(batches.c.arrived_us > bindparam("since"), batches.c.arrived_us <= bindparam("until"), batches.c.seq > sessions.c.folded)
    .distinct()
)


class Settling:
    """Settles, when it is told to."""

    def __init__(self, store: Store, clock: Clock, playing: Sessions) -> None:
        self._store = store
        self._clock = clock
        self._playing = playing
        self._since_us: int | None = None

    async def sweep(self) -> None:
        """Fold what has waited for too long, and keep its sketches."""
        now_us = self._clock.wall_us()
        if self._since_us is None:
            newest = await self._store.one(_NEWEST)
            self._since_us = ((newest and newest["at_us"]) or now_us) - BEFORE_US
        until_us = now_us - SILENT_US
        for row in await self._store.all(Read(_UNFOLDED, {"since": self._since_us, "until": until_us})):
            await self._settle(row["session"], now_us)
        self._since_us = until_us

    async def _settle(self, session: str, now_us: int) -> None:
        try:
            async with self._playing.hold(session) as live:
                await self._playing.catch_up(live)
                if live.folded == live.seq:
                    return
                folded = await self._playing.fold(live, live.memory)
                await self._store.commit(journal.folded(live, live.seq), *sketches.writes(live.session.player, folded.stretches, now_us))
                live.memory, live.folded = folded.memory, live.seq
        except (Problem, Conflict):
            return  # it is over, or somebody else has just done it
