"""Connections that only read, and never open a transaction.

SQLite is read in threads of its own, all queries of a call in one go: its asynchronous driver goes to a thread and back for every step of
every query, which costs several times what the query does. PostgreSQL is read over its asynchronous driver. Both run the same code.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

T = TypeVar("T")
READERS: Final = 4
# where no transaction is ever open there is nothing to roll back
_OPTIONS: Final[dict[str, Any]] = {
    "pool_size": READERS,
    "max_overflow": 0,
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
    "pool_reset_on_return": None,
}


class Readers(Protocol):
    """Runs reading work on a connection."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns."""

    async def close(self) -> None:
        """Let go."""


class ThreadReaders:
    """Readers of SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="readers")

    async def run(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            return work(connection)

    async def close(self) -> None:
        self._threads.shutdown()
        self._engine.dispose()


class AsyncReaders:
    """Readers of PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, work: Callable[[Connection], T]) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()


def open_readers(url: str, on_connect: Callable[[Any, object], None]) -> Readers:
    """Return the readers of a database; `on_connect` makes a connection to SQLite ready."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return AsyncReaders(create_async_engine(url, pool_pre_ping=True, **_OPTIONS))
    engine = create_engine(parsed.set(drivername="sqlite"), connect_args={"check_same_thread": False}, **_OPTIONS)
    event.listen(engine, "connect", on_connect)
    return ThreadReaders(engine)
