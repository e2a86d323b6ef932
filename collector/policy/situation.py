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

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cel import Context

from geo.place import Place
from signals.types import Assessment, DeviceMemory, Score, ScoreName
from wire.schema import Scalar

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


def variables(situation: Situation, limits: Mapping[str, float], named: Collection[str] | None = None) -> dict[str, Any]:
    """Return the values of the variables that are named, by default of all."""
    names = VARIABLES if named is None else named
    return {name: dict(limits) if name == "limits" else _VALUES[name](situation) for name in names}


def context(situation: Situation, limits: Mapping[str, float], named: Collection[str] | None = None) -> Context:
    """Return what compiled rules are executed in, those that mention no other variables than are named."""
    assessment = situation.assessment
    weights: dict[str, float] = {}
    for reason in assessment.reasons:
        weights[reason.name] = weights.get(reason.name, 0.0) + reason.contribution

    def score(name: str, default: float) -> float:
        value = assessment.scores.get(ScoreName(name), _SILENT).value
        return default if value is None else value

    def against(name: str) -> float:
        return weights.get(name, 0.0)

    return Context(variables(situation, limits, named), {"score": score, "against": against})


def _scores(situation: Situation) -> dict[str, float | None]:
    return {name.value: situation.assessment.scores.get(name, _SILENT).value for name in ScoreName}


def _confidence(situation: Situation) -> dict[str, float]:
    scores = {name: situation.assessment.scores.get(name, _SILENT) for name in ScoreName}
    return {name.value: 0.0 if score.value is None else score.confidence for name, score in scores.items()}


def _place(situation: Situation) -> dict[str, Any]:
    place = situation.place or Place()
    return {"country": place.country or "", "asn": place.asn or 0, "kind": place.kind.value}


def _device(situation: Situation) -> dict[str, Any]:
    device = situation.device or DeviceMemory()
    return {
        "present": situation.device is not None,
        "known": device.known,
        "sessions": device.sessions,
        "cloned": device.cloned,
        "forged": device.forged,
    }


def _subject(situation: Situation) -> dict[str, Any]:
    subject = situation.subject
    return {"given": subject.given, "known": subject.known, "second_factor": subject.second_factor}


def _session(situation: Situation) -> dict[str, Any]:
    session = situation.session
    return {"present": session.state == "ok", "state": session.state, "batches": session.batches, "age_s": session.age_s}


_VALUES: Final[Mapping[str, Callable[[Situation], Any]]] = {
    "action": lambda situation: situation.action,
    "risk": lambda situation: situation.assessment.risk,
    "scores": _scores,
    "confidence": _confidence,
    "reasons": lambda situation: list(suspicions(situation.assessment)),
    "context": lambda situation: dict(situation.context),
    "place": _place,
    "device": _device,
    "subject": _subject,
    "session": _session,
}
VARIABLES: Final = frozenset((*_VALUES, "limits"))
