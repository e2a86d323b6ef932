"""Every batch has exactly one fate, counted once. A drop without an outcome is a bug that tests catch."""

from enum import StrEnum
from functools import cache

from prometheus_client import CollectorRegistry, Counter


class Outcome(StrEnum):
    """The four fates of a batch."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    SHED = "shed"


class Outcomes:
    """Counts fates by reason. `reason` is a problem code for rejected and shed, empty otherwise."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter = Counter("countersign_outcomes", "Fates of requests from clients.", ["what", "outcome", "reason"], registry=registry)
        self._labelled = cache(counter.labels)

    def count(self, what: str, outcome: Outcome, reason: str = "") -> None:
        """Count one fate of a `what` (hello, batch, answer)."""
        self._labelled(what, outcome.value, reason).inc()
