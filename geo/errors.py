"""What can be wrong with a database file."""

from pathlib import Path


class DatabaseError(Exception):
    """A file that can't be served. `code` is stable.

    database_missing, database_unreadable, database_empty, database_foreign (not an MMDB file), database_broken (truncated or damaged),
    database_changing (written to while it was read), database_unknown (no field that is known here), database_ip_version.
    """

    def __init__(self, code: str, path: Path, detail: str) -> None:
        super().__init__(f"{path.name}: {detail}")
        self.code = code
        self.path = path
