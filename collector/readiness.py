"""Whether a collector may have traffic."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from collector.service import Service


@dataclass(frozen=True, slots=True)
class Readiness:
    """Each thing that it takes, and the whole."""

    ready: bool
    store: bool
    """The database answers and is migrated."""
    queue: bool
    """There is room for further commits."""
    serving: bool
    """It is not about to stop."""
    bus: bool
    """Publishing would work now. Events that can't be published wait in the outbox, so a bus that is away turns nobody away."""
    geo: bool
    """Every address database that is named, or lies in the folder, can be served as it is now. What a broken one knows is unknown, or as
    it was before, so it turns nobody away."""
    geo_refused: tuple[str, ...]
    """Codes of those that can't, such as `database_broken`; which files they are is told by logs, metrics and `countersign doctor`."""


async def readiness(service: "Service") -> Readiness:
    """Look, and tell the truth."""
    try:
        store = await service.store.ready()
    except (SQLAlchemyError, OSError):
        store = False
    queue, serving, bus = service.store.room(), not service.draining, await service.bus.healthy()
    refused = tuple(error.code for error in service.lookup.refused)
    return Readiness(store and queue and serving, store, queue, serving, bus, not refused, refused)
