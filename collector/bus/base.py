"""What a bus has to be able to do. A sink has three members: its limit, its health, and publish."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent, already encoded as structured JSON. `id` is what consumers deduplicate on; `device` partitions."""

    id: str
    type: str
    device: str
    body: bytes


class Bus(Protocol):
    """A place that events go to."""

    max_event_bytes: int

    async def start(self) -> None:
        """Connect. Raises nothing for a bus that is merely away: `healthy` tells."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Hand over all events in order; returns when the bus has them durably. Raises BusError, after which all are sent again."""

    async def healthy(self) -> bool:
        """Tell whether publishing would work now."""

    async def close(self) -> None:
        """Flush and disconnect."""


class BusError(Exception):
    """The bus did not take the events; the relay will try again."""


class EventTooLarge(BusError):
    """The bus will never take this one event; the relay sets it aside and goes on."""

    def __init__(self, event: str, detail: str) -> None:
        super().__init__(detail)
        self.event = event
        """Its id."""
