"""Brings a database up to date, and writes the next migration after tables.py has changed.

`python -m collector.store.migrate "what changed"` compares tables.py with what the migrations make, in an empty SQLite database, and writes
the difference below collector/migrations/versions/ for a person to read.
"""

import sys
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

FOLDER: Final = Path(__file__).parents[1] / "migrations"
_LOCK: Final = 0x636F756E
"""Advisory lock of PostgreSQL, so that of several collectors that start together one migrates and the others wait."""


def configured(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for a connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the connection's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    command.upgrade(configured(connection), "head")


def newest() -> str | None:
    """Return the revision that this code needs."""
    return ScriptDirectory.from_config(configured()).get_current_head()


def revision(connection: Connection) -> str | None:
    """Return the revision that a database is at."""
    return MigrationContext.configure(connection).get_current_revision()


def write_next(message: str) -> None:
    """Write the migration that leads from the last one to tables.py."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        command.upgrade(configured(connection), "head")
        number = sum(1 for _ in (FOLDER / "versions").glob("[0-9]*.py")) + 1
        command.revision(configured(connection), message, autogenerate=True, rev_id=f"{number:04}")
    engine.dispose()


if __name__ == "__main__":
    write_next(" ".join(sys.argv[1:]))
