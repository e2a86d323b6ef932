"""Commits shared by who waits: callers that come while a commit is under way go into the next one together.

The disk is paid once for all of them, and a store with nothing to do adds no delay. Within one transaction, callers that only bring
rows for the statements of others are run as one `executemany`; so are rows of which each is expected to hit one, where the driver counts
what all of them hit. If anything fails, the transaction is rolled back and each caller is run again behind a savepoint of its own, so
that a conflict stays with whoever caused it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Executable
from sqlalchemy.exc import DBAPIError, IntegrityError

from collector.store.base import Conflict, Overloaded, Write
from collector.store.writers import Writer

MAX_SHARED: Final = 512
"""Callers in one transaction."""


@dataclass(frozen=True, slots=True, eq=False)
class _Caller:
    writes: Sequence[Write]
    done: "asyncio.Future[None]"

    def only_rows(self, counted: bool) -> bool:
        """Tell whether all its writes are rows for statements; `counted` says that the driver counts what all rows of one have affected."""
        return all(write.rows and (write.expect is None or (counted and write.expect == len(write.rows))) for write in self.writes)


class SharedCommits:
    """One background task that commits for everybody."""

    def __init__(self, writer: Writer, bound: int) -> None:
        self._writer = writer
        self._bound = bound
        self._waiting: list[_Caller] = []
        self._woken = asyncio.Event()
        self._closed = False
        self._task = asyncio.create_task(self._run(), name="commits")

    def room(self) -> bool:
        """Tell whether another caller would be taken."""
        return not self._closed and len(self._waiting) < self._bound

    async def commit(self, writes: Sequence[Write]) -> None:
        """Return when the writes are durable. Raises Conflict, Overloaded, or what the driver raised."""
        if not self.room():
            raise Overloaded
        caller = _Caller(writes, asyncio.get_running_loop().create_future())
        self._waiting.append(caller)
        self._woken.set()
        await caller.done

    async def close(self) -> None:
        """Commit what waits, and take nothing more."""
        self._closed = True
        self._woken.set()
        await self._task

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                callers, self._waiting = self._waiting[:MAX_SHARED], self._waiting[MAX_SHARED:]
                await self._serve(callers)
            if self._closed:
                return

    async def _serve(self, callers: Sequence[_Caller]) -> None:
        """Commit for these callers, and tell each how it went. Nothing that a driver may raise ends the task."""
        try:
            failed: Mapping[_Caller, Exception] = await self._together(callers)
        except Exception as error:
            failed = dict.fromkeys(callers, error)
        for caller in callers:
            if caller.done.done():
                continue  # the caller went away; its commit stands all the same
            if caller in failed:
                caller.done.set_exception(failed[caller])
            else:
                caller.done.set_result(None)

    async def _together(self, callers: Sequence[_Caller]) -> Mapping[_Caller, Exception]:
        try:
            await self._writer.run(lambda connection: _together(connection, callers))
        except (Conflict, DBAPIError) as error:
            if len(callers) == 1:
                return {callers[0]: _told(error)}
            return await self._writer.run(lambda connection: _apart(connection, callers))
        return {}


def _together(connection: Connection, callers: Sequence[_Caller]) -> None:
    counted = connection.dialect.supports_sane_multi_rowcount
    only_rows = {caller for caller in callers if caller.only_rows(counted)}
    _merged(connection, [caller for caller in callers if caller in only_rows])
    for caller in callers:
        if caller not in only_rows:
            _each(connection, caller)


def _apart(connection: Connection, callers: Sequence[_Caller]) -> Mapping[_Caller, Exception]:
    """Run each caller behind a savepoint, and return what went wrong with whom."""
    failed: dict[_Caller, Exception] = {}
    for caller in callers:
        try:
            with connection.begin_nested():
                _each(connection, caller)
        except (Conflict, DBAPIError) as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            failed[caller] = _told(error)
    return failed


def _told(error: Exception) -> Exception:
    return Conflict() if isinstance(error, IntegrityError) else error


def _merged(connection: Connection, callers: Sequence[_Caller]) -> None:
    """Run every distinct statement once, with the rows of all callers. Statements are told apart by identity: constants merge."""
    together: dict[tuple[int, bool], tuple[Executable, list[Mapping[str, Any]]]] = {}
    for caller in callers:
        for write in caller.writes:
            together.setdefault((id(write.statement), write.expect is not None), (write.statement, []))[1].extend(write.rows)
    for (_, expected), (statement, rows) in together.items():
        result = connection.execute(statement, rows)
        if expected and result.rowcount != len(rows):
            raise Conflict


def _each(connection: Connection, caller: _Caller) -> None:
    for write in caller.writes:
        if write.expect is None:
            connection.execute(write.statement, list(write.rows) or None)
            continue
        affected = 0
        for row in write.rows or (None,):
            affected += connection.execute(write.statement, row).rowcount
        if affected != write.expect:
            raise Conflict
