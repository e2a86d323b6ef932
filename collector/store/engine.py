"""The store over SQLAlchemy Core: SQLite (WAL) or PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import Executable, RowMapping, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from collector.store.base import Conflict, Write
from collector.store.tables import metadata


def _pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class SqlStore:
    """Implements `Store`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, url: str) -> "SqlStore":
        """Connect, and bring the schema up to date."""
        engine = create_async_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _pragmas)
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        return cls(engine)

    async def commit(self, *writes: Write) -> None:
        try:
            async with self._engine.begin() as connection:
                for write in writes:
                    await _execute(connection, write)
        except IntegrityError:
            raise Conflict from None

    async def one(self, query: Executable) -> RowMapping | None:
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).mappings().first()

    async def all(self, query: Executable) -> Sequence[RowMapping]:
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).mappings().all()

    def room(self) -> bool:
        return True

    async def ready(self) -> bool:
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    async def close(self) -> None:
        await self._engine.dispose()


async def _execute(connection: AsyncConnection, write: Write) -> None:
    result = await connection.execute(write.statement, list(write.rows) if write.rows else None)
    if write.expect is not None and result.rowcount != write.expect:
        raise Conflict
