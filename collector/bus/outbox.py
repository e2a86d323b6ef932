"""The outbox: events wait here, committed together with what caused them, until the bus has them.

An event's row number becomes its `sequence` (the CloudEvents extension: it sorts as text). Numbers grow per device and never come
twice; they have gaps.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from collector.bus.base import Event
from collector.store.base import Read, Store, Write
from collector.store.tables import outbox

SEQUENCE_DIGITS: Final = 19
"""As many as a 64-bit number has, so that text sorts like numbers."""
_APPEND: Final = insert(outbox)
"""One object, so that commits run the rows of all their callers through it together."""
_PENDING: Final = outbox.c.sent_us.is_(None) & outbox.c.dead_us.is_(None)
_OLDEST: Final = (
    select(outbox.c.id, outbox.c.event, outbox.c.type, outbox.c.device, outbox.c.body)
    .where(_PENDING)
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
)
_BACKLOG: Final = select(func.count().label("waiting"), func.min(outbox.c.created_us).label("oldest")).where(_PENDING)
_SENT: Final = update(outbox).where(outbox.c.id == bindparam("number")).values(sent_us=bindparam("at"))


def append(events: Sequence[Event], created_us: int) -> Write:
    """Return the write that belongs into the commit of what caused the events. There has to be at least one."""
    rows = [
        {"event": event.id, "type": event.type, "device": event.device, "body": event.body, "created_us": created_us} for event in events
    ]
    return Write(_APPEND, rows)


async def pending(store: Store, limit: int) -> list[tuple[int, Event]]:
    """Return the oldest events that are not on the bus yet, with their row numbers, in order."""
    return [(row["id"], _numbered(row)) for row in await store.all(Read(_OLDEST, {"most": limit}))]


async def backlog(store: Store) -> tuple[int, int | None]:
    """Return how many events wait and since when the oldest does (µs), None where none waits."""
    row = await store.one(_BACKLOG)
    return (row["waiting"], row["oldest"]) if row is not None else (0, None)


def sent(numbers: Sequence[int], at_us: int) -> Write:
    """Return the write that marks rows as on the bus. There has to be at least one."""
    return Write(_SENT, [{"number": number, "at": at_us} for number in numbers])


def dead(number: int, at_us: int) -> Write:
    """Return the write that sets one row aside for good; it is kept, and the relay passes it by."""
    return Write(update(outbox).where(outbox.c.id == number).values(dead_us=at_us))


def _numbered(row: Any) -> Event:
    # our own encoder wrote the body: one JSON object that ends in "}" and has no sequence yet
    body = b'%b,"sequence":"%0*d"}' % (row["body"][:-1], SEQUENCE_DIGITS, row["id"])
    return Event(row["event"], row["type"], row["device"], body)
