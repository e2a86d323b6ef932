"""What the rest of the collector sees of the store: reads, and commits that are durable when they return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Executable, RowMapping


class Conflict(Exception):
    """A write found the row changed, taken or gone: nothing of its commit was written."""


class Overloaded(Exception):
    """The queue of waiting commits is full: answer 503 with Retry-After."""


@dataclass(frozen=True, slots=True)
class Write:
    """One statement of a commit. With `expect`, any other number of affected rows is a Conflict (compare-and-set)."""

    statement: Executable
    rows: Sequence[Mapping[str, Any]] = ()
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """One query with the values of its parameters.

    What is asked all the time is a statement made once, with parameters: making one anew costs more than running it.
    """

    statement: Executable
    values: Mapping[str, Any]


Query = Executable | Read


class Store(Protocol):
    """One database, SQLite or PostgreSQL."""

    async def commit(self, *writes: Write) -> None:
        """Write all or nothing. Returns when it is durable; waiting callers share a transaction.

        Raises Conflict (this commit only; those that shared the transaction are not touched) or Overloaded.
        """

    async def one(self, query: Query) -> RowMapping | None:
        """Return the first row or None."""

    async def all(self, query: Query) -> Sequence[RowMapping]:
        """Return every row."""

    async def many(self, *queries: Query) -> list[Sequence[RowMapping]]:
        """Return every row of each query; cheaper than one after the other, and no snapshot of one moment either."""

    def room(self) -> bool:
        """Tell whether another commit would be taken now."""

    async def ready(self) -> bool:
        """Tell whether the database answers and is migrated."""

    async def close(self) -> None:
        """Finish the commits under way and let go."""
