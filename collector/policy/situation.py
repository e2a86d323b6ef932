"""What a rule may look at: the vocabulary of the policy language, and nothing else.

| name | type | what |
|---|---|---|
| `action` | string | what the operator asks about: login, withdraw, ... |
| `risk` | double | 0..1; the base rate where nothing is known |
| `scores.NAME` | double or null | null where the score abstains; `score('NAME', 0.0)` gives a default instead |
| `confidence.NAME` | double | 0..1; 0 where it abstains |
| `reasons` | list of strings | names of the reasons that speak for a bot |
| `against('NAME')` | double | what one reason adds to the risk, in nats; 0 where it was not given |
| `context` | map | the operator's own scalars, without the address: guard with `has(context.x)` |
| `place` | map | country, kind (strings, empty where unknown) and asn (0 where unknown) of the address |
| `device` | map | present, known (bools), sessions, cloned, forged (ints) |
| `subject` | map | given, known, second_factor (bools) |
| `session` | map | present (bool), state (ok, missing, unknown, over, token_expired, token_invalid), batches (int), age_s (double) |
| `limits.NAME` | double | the named thresholds of the policy file |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cel import Context

from geo.place import Place
from signals.types import Assessment, DeviceMemory, Score, ScoreName
from wire.schema import Scalar

VARIABLES: Final = frozenset(
    ("action", "risk", "scores", "confidence", "reasons", "context", "place", "device", "subject", "session", "limits")
)
FUNCTIONS: Final = frozenset(("score", "against"))
_SILENT: Final = Score(None, 0.0)


@dataclass(frozen=True, slots=True)
class Visitor:
    """What is known of the subject that the operator named."""

    given: bool = False
    known: bool = False
    """Decided on before."""
    second_factor: bool = False
    """Has a second factor that it can be asked for."""


@dataclass(frozen=True, slots=True)
class Presence:
    """The session that the token stands for, or why there is none."""

    state: str = "missing"
    """ok; or missing (no token), token_expired, token_invalid, unknown or over (the session has ended)."""
    batches: int = 0
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a policy decides on."""

    action: str
    assessment: Assessment
    context: Mapping[str, Scalar] = field(default_factory=dict)
    place: Place | None = None
    device: DeviceMemory | None = None
    subject: Visitor = field(default_factory=Visitor)
    session: Presence = field(default_factory=Presence)


def suspicions(assessment: Assessment) -> tuple[str, ...]:
    """Return the names of the reasons that speak for a bot, the weightiest first, each once."""
    return tuple(dict.fromkeys(reason.name for reason in assessment.reasons if reason.contribution > 0))


def variables(situation: Situation, limits: Mapping[str, float]) -> dict[str, Any]:
    """Return the values of `VARIABLES`."""
    assessment, place, device = situation.assessment, situation.place or Place(), situation.device
    scores = {name: assessment.scores.get(name, _SILENT) for name in ScoreName}
    return {
        "action": situation.action,
        "risk": assessment.risk,
        "scores": {name.value: score.value for name, score in scores.items()},
        "confidence": {name.value: 0.0 if score.value is None else score.confidence for name, score in scores.items()},
        "reasons": list(suspicions(assessment)),
        "context": dict(situation.context),
        "place": {"country": place.country or "", "asn": place.asn or 0, "kind": place.kind.value},
        "device": {
            "present": device is not None,
            "known": device is not None and device.known,
            "sessions": 0 if device is None else device.sessions,
            "cloned": 0 if device is None else device.cloned,
            "forged": 0 if device is None else device.forged,
        },
        "subject": {
            "given": situation.subject.given,
            "known": situation.subject.known,
            "second_factor": situation.subject.second_factor,
        },
        "session": {
            "present": situation.session.state == "ok",
            "state": situation.session.state,
            "batches": situation.session.batches,
            "age_s": situation.session.age_s,
        },
        "limits": dict(limits),
    }


def context(situation: Situation, limits: Mapping[str, float]) -> Context:
    """Return what a compiled rule is executed in."""
    assessment = situation.assessment
    weights: dict[str, float] = {}
    for reason in assessment.reasons:
        weights[reason.name] = weights.get(reason.name, 0.0) + reason.contribution

    def score(name: str, default: float) -> float:
        value = assessment.scores.get(ScoreName(name), _SILENT).value
        return default if value is None else value

    def against(name: str) -> float:
        return weights.get(name, 0.0)

    return Context(variables(situation, limits), {"score": score, "against": against})
