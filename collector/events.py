"""What the risk bus carries: CloudEvents 1.0 in structured JSON (https://github.com/cloudevents/spec, v1.0.2).

Every event has `specversion`, `id`, `source`, `type`, `subject`, `time`, `datacontenttype` and `data`, with two extensions of the
specification: `partitionkey`, and `sequence`, which the outbox adds (collector/bus/outbox.py). Data knows people by their keyed
pseudonym only: no user id, no address. Why in words stays with the API; reasons travel by their stable names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

import msgspec

from collector.bus.base import Event
from collector.secrets import new_id
from signals.types import Assessment

SOURCE: Final = "urn:countersign:collector"
MEDIA_TYPE: Final = "application/cloudevents+json"
MAX_NAMES: Final = 64
"""Entries of a list of names or paths in an event; the rest is counted only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """One of the five scores; `value` is None where every detector abstained."""

    value: float | None
    confidence: float
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonPart:
    """One reason and what it adds to the risk, in log-odds (nats)."""

    score: str
    name: str
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceScored:
    """The scores of a device's session changed, or enough time went by to say them again."""

    type: ClassVar[str] = "device.scored"
    device: str
    session: str
    seq: int
    """Number of the batch up to which the session was scored."""
    game: str
    build: str
    risk: float
    base: float
    """Log-odds before any evidence: logit(risk) = base + the sum of all contributions."""
    scores: dict[str, ScorePart]
    reasons: tuple[ReasonPart, ...]
    model: str
    at_us: int
    """Server wall clock, µs since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionMade:
    """An operator asked and was answered."""

    type: ClassVar[str] = "decision.made"
    decision: str
    action: str
    verdict: str
    reasons: tuple[str, ...]
    policy: str
    at_us: int
    risk: float | None = None
    challenge: str | None = None
    """Id of the step-up that the answer asks for."""
    device: str | None = None
    session: str | None = None
    subject: str | None = None
    """Keyed pseudonym of the operator's user."""
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeCompleted:
    """A challenge came to its end: passed, or failed for good."""

    type: ClassVar[str] = "challenge.completed"
    challenge: str
    decision: str
    kind: str
    passed: bool
    attempts: int
    took_us: int
    """From its making to its end."""
    at_us: int
    device: str | None = None
    session: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityViolated:
    """A client is not what its build's manifest and an untouched process would be."""

    type: ClassVar[str] = "integrity.violated"
    device: str
    session: str
    seq: int
    game: str
    build: str
    violations: tuple[str, ...]
    """Stable names, such as those of the integrity reasons."""
    at_us: int
    paths: tuple[str, ...] = ()
    """Assets that are altered or missing, relative, the first `MAX_NAMES` of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelReceived:
    """Somebody told what it turned out to be."""

    type: ClassVar[str] = "label.received"
    id: str
    label: str
    source: str
    at_us: int
    device: str | None = None
    session: str | None = None
    subject: str | None = None
    decision: str | None = None


Data = DeviceScored | DecisionMade | ChallengeCompleted | IntegrityViolated | LabelReceived
ALL: Final[tuple[type[Data], ...]] = (DeviceScored, DecisionMade, ChallengeCompleted, IntegrityViolated, LabelReceived)


def encode(data: Data, *, id: str | None = None) -> Event:
    """Return the event for the outbox. Its id is made here, once, and stays: consumers deduplicate on it.

    Events of one device share a partition; what has no device goes by its subject, and what has neither by what it is about.
    """
    partition = _partition(data)
    event = id or new_id("e")
    body = {
        "specversion": "1.0",
        "id": event,
        "source": SOURCE,
        "type": data.type,
        "subject": partition,
        "time": _rfc3339(data.at_us),
        "datacontenttype": "application/json",
        "partitionkey": partition,
        "data": data,
    }
    return Event(event, data.type, partition, msgspec.json.encode(body))


def device_scored(
    assessment: Assessment, *, device: str, session: str, seq: int, game: str, build: str, at_us: int, id: str | None = None
) -> Event:
    """Return the event that says an assessment."""
    return encode(
        DeviceScored(
            device=device,
            session=session,
            seq=seq,
            game=game,
            build=build,
            risk=assessment.risk,
            base=assessment.base,
            scores={
                name.value: ScorePart(value=score.value, confidence=score.confidence, missing=score.missing)
                for name, score in assessment.scores.items()
            },
            reasons=tuple(
                ReasonPart(score=name.value, name=reason.name, contribution=reason.contribution)
                for name, score in assessment.scores.items()
                for reason in score.reasons
            ),
            model=assessment.model,
            at_us=at_us,
        ),
        id=id,
    )


def names(found: Iterable[str]) -> tuple[str, ...]:
    """Return the first `MAX_NAMES` of a list, so that an event stays small."""
    return tuple(found)[:MAX_NAMES]


def _partition(data: Data) -> str:
    match data:
        case DeviceScored() | IntegrityViolated():
            return data.device
        case LabelReceived():
            return data.device or data.subject or data.id
        case DecisionMade() | ChallengeCompleted():
            return data.device or data.subject or data.decision


def _rfc3339(at_us: int) -> str:
    seconds, micros = divmod(at_us, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"
