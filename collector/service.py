"""Everything a request can reach, wired once in `app.build`."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from collector.bus.base import Bus
from collector.clock import Clock
from collector.outcomes import Outcomes
from collector.secrets import Secrets
from collector.settings import Settings
from collector.store.base import Store


@dataclass(slots=True)
class Service:
    """The parts of one collector."""

    settings: Settings
    clock: Clock
    secrets: Secrets
    store: Store
    bus: Bus
    registry: CollectorRegistry
    outcomes: Outcomes
