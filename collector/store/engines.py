"""What is behind one URL: a single connection that writes, and a few that read (readers.py)."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from collector.store.readers import Readers, open_readers


def open_engines(url: str) -> tuple[AsyncEngine, Readers]:
    """Return (writer, readers)."""
    writer = create_async_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=not url.startswith("sqlite"))
    if writer.dialect.name == "sqlite":
        event.listen(writer.sync_engine, "connect", _write_connection)
        event.listen(writer.sync_engine, "begin", _begin)
    return writer, open_readers(url, _pragmas)


def _pragmas(connection: Any, _record: object) -> None:
    """Durable on commit (synchronous=FULL also flushes the log of WAL mode); foreign keys are off in SQLite unless asked for."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_connection(connection: Any, record: object) -> None:
    _pragmas(connection, record)
    # The driver would begin transactions by itself, late and not before a savepoint; SQLAlchemy says BEGIN instead (see `_begin`).
    connection.isolation_level = None


def _begin(connection: Any) -> None:
    """Take the write lock at once: a transaction that read first could not get it any more after another process wrote."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
