"""What is behind one URL: a single connection that writes (writers.py), and a few that read (readers.py)."""

from typing import Any

from collector.store.readers import Readers, open_readers
from collector.store.writers import Writer, open_writer


def open_engines(url: str) -> tuple[Writer, Readers]:
    """Return (writer, readers)."""
    return open_writer(url, _pragmas), open_readers(url, _pragmas)


def _pragmas(connection: Any, _record: object) -> None:
    """Durable on commit (synchronous=FULL also flushes the log of WAL mode); foreign keys are off in SQLite unless asked for."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
