"""Rejected batches, kept with their reason for people to look at, up to a bound. They wait in memory and are written by and by."""

from collections import deque
from typing import Any, Final

from sqlalchemy import delete, func, insert, select

from collector.clock import Clock
from collector.problems import Problem
from collector.store.base import Store, Write
from collector.store.tables import rejects

WAITING: Final = 256
MAX_DETAIL: Final = 512
_INSERT: Final = insert(rejects)


class Rejects:
    """Keeps what was turned away."""

    def __init__(self, store: Store, clock: Clock, bound: int) -> None:
        self._store = store
        self._clock = clock
        self._bound = bound
        self._waiting: deque[dict[str, Any]] = deque(maxlen=WAITING)

    def keep(self, problem: Problem, session: str | None, body: bytes) -> None:
        """Keep one; under a flood only the last ones."""
        row = {
            "code": problem.code,
            "session": session,
            "detail": problem.detail[:MAX_DETAIL],
            "body": body,
            "at_us": self._clock.wall_us(),
        }
        self._waiting.append(row)

    async def write(self) -> None:
        """Write what waits, and drop what is over the bound."""
        if not self._waiting:
            return
        rows = list(self._waiting)
        self._waiting.clear()
        newest = select(func.max(rejects.c.id)).scalar_subquery()
        await self._store.commit(Write(_INSERT, rows), Write(delete(rejects).where(rejects.c.id <= newest - self._bound)))
