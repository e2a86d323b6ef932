"""The store over SQLAlchemy Core: SQLite (WAL) or PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import Connection, MappingResult, RowMapping

from collector.store import migrate
from collector.store.base import Query, Read, Write
from collector.store.engines import open_engines
from collector.store.readers import Readers
from collector.store.shared_commit import SharedCommits
from collector.store.writers import Writer

COMMIT_QUEUE = 2048


class SqlStore:
    """Implements `Store`."""

    def __init__(self, writer: Writer, readers: Readers, commit_queue: int) -> None:
        self._writer = writer
        self._readers = readers
        self._commits = SharedCommits(writer, commit_queue)
        self._newest = migrate.newest()

    @classmethod
    async def open(cls, url: str, commit_queue: int = COMMIT_QUEUE) -> "SqlStore":
        """Connect, and bring the schema up to date. At most `commit_queue` commits may wait."""
        writer, readers = open_engines(url)
        try:
            await writer.run(migrate.upgrade)
        except BaseException:
            await writer.close()
            await readers.close()
            raise
        return cls(writer, readers, commit_queue)

    async def commit(self, *writes: Write) -> None:
        await self._commits.commit(writes)

    async def one(self, query: Query) -> RowMapping | None:
        return await self._readers.run(lambda connection: _run(connection, query).first())

    async def all(self, query: Query) -> Sequence[RowMapping]:
        return (await self.many(query))[0]

    async def many(self, *queries: Query) -> list[Sequence[RowMapping]]:
        return await self._readers.run(lambda connection: [_run(connection, query).all() for query in queries])

    def room(self) -> bool:
        return self._commits.room()

    async def ready(self) -> bool:
        return await self._readers.run(migrate.revision) == self._newest

    async def close(self) -> None:
        await self._commits.close()
        await self._writer.close()
        await self._readers.close()


def _run(connection: Connection, query: Query) -> MappingResult:
    if isinstance(query, Read):
        return connection.execute(query.statement, query.values).mappings()
    return connection.execute(query).mappings()
