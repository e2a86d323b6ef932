"""The one connection that writes, a transaction at a time.

SQLite is written in a thread of its own, a whole transaction in one go: its asynchronous driver goes to the thread and back for every step
of every statement. PostgreSQL is written over its asynchronous driver. Both run the same code.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

T = TypeVar("T")


class Writer(Protocol):
    """Runs work in a transaction."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns, once it is durable. What it raises rolls the transaction back."""

    async def close(self) -> None:
        """Let go."""


class ThreadWriter:
    """Writer of SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def run(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    async def close(self) -> None:
        self._thread.shutdown()
        self._engine.dispose()


class AsyncWriter:
    """Writer of PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, work: Callable[[Connection], T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()


def open_writer(url: str, on_connect: Callable[[Any, object], None]) -> Writer:
    """Return the writer of a database; `on_connect` makes a connection to SQLite ready."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return AsyncWriter(create_async_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True))
    # what is begun is also ended, so there is nothing to roll back when the connection is given back
    engine = create_engine(
        parsed.set(drivername="sqlite"), pool_size=1, max_overflow=0, pool_reset_on_return=None, connect_args={"check_same_thread": False}
    )

    def connected(connection: Any, record: object) -> None:
        on_connect(connection, record)
        # The driver would begin transactions by itself, late and not before a savepoint; SQLAlchemy says BEGIN instead.
        connection.isolation_level = None

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", _begin)
    return ThreadWriter(engine)


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a transaction that read first could not get it any more after another process wrote."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
