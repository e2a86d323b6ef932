"""Everything a request can reach, wired once in `app.build`."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from collector.address import Addresses
from collector.builds import Builds
from collector.bus.base import Bus
from collector.bus.relay import Relay
from collector.challenge.book import ChallengeBook
from collector.clock import Clock
from collector.decide import Decider
from collector.hello import Opening
from collector.keys import Keys
from collector.labels import Labels
from collector.metrics import Metrics
from collector.outcomes import Outcomes
from collector.patience import Patience
from collector.pipeline import Pipeline
from collector.places import Places
from collector.ratelimit import Limiter
from collector.rejects import Rejects
from collector.secrets import Secrets
from collector.sessions import Sessions
from collector.settings import Settings
from collector.store.base import Store
from collector.subjects import Subjects
from collector.tokens import ProofKeys
from geo.lookup import Lookup
from signals.model import Model


@dataclass(slots=True)
class Service:
    """The parts of one collector."""

    settings: Settings
    clock: Clock
    secrets: Secrets
    store: Store
    bus: Bus
    relay: Relay
    registry: CollectorRegistry
    outcomes: Outcomes
    metrics: Metrics
    keys: Keys
    limiter: Limiter
    addresses: Addresses
    lookup: Lookup
    places: Places
    builds: Builds
    model: Model
    sessions: Sessions
    opening: Opening
    pipeline: Pipeline
    rejects: Rejects
    patience: Patience
    proofs: ProofKeys
    challenges: ChallengeBook
    subjects: Subjects
    labels: Labels
    decider: Decider
    draining: bool = False
    """It is about to stop: /readyz says so, and requests still under way are finished."""
