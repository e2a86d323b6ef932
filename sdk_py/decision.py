"""What a collector tells an operator, and how that is read out of its JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

Verdict = Literal["allow", "challenge", "deny"]
VERDICTS: Final = ("allow", "challenge", "deny")


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score: a stable name, a plain sentence, a contribution in log-odds (nats, towards a bot)."""

    name: str
    detail: str
    contribution: float


@dataclass(frozen=True, slots=True)
class Score:
    """0 (honest) to 1 (bot), None where there was too little to look at; `missing` says what."""

    value: float | None
    confidence: float
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the player has to pass: on the hosted page at `url`, or drawn by the game itself."""

    id: str
    kind: str
    url: str
    expires_us: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do. A decision that failed over has no evidence behind it, and no challenge of the collector's."""

    verdict: Verdict
    id: str = ""
    risk: float | None = None
    scores: Mapping[str, Score] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    challenge: Challenge | None = None
    failover: str | None = None
    """Why the verdict is a failover: timeout, unreachable, limited, unavailable, bad_answer, or collector when it came from there."""
    policy: str = ""
    model: str = ""
    at_us: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the challenge was passed, for this decision. What could not be asked counts as not passed, and `failover` says why."""

    passed: bool
    decision: str
    challenge: str
    proof: str | None = None
    failover: str | None = None


def read_decision(body: bytes) -> Decision:
    """Return the decision in an answer. Raises one of UNREADABLE."""
    answer = json.loads(body)
    if answer["verdict"] not in VERDICTS:
        raise ValueError("no such verdict")
    step_up = answer.get("challenge")
    return Decision(
        verdict=cast(Verdict, answer["verdict"]),
        id=str(answer["id"]),
        risk=None if answer.get("risk") is None else float(answer["risk"]),
        scores={name: _score(score) for name, score in answer.get("scores", {}).items()},
        reasons=tuple(answer.get("reasons", ())),
        challenge=Challenge(step_up["id"], step_up["kind"], step_up["url"], int(step_up["expires_us"])) if step_up else None,
        failover="collector" if answer.get("failover") else None,
        policy=str(answer.get("policy", "")),
        model=str(answer.get("model", "")),
        at_us=int(answer.get("at_us", 0)),
    )


def _score(score: Mapping[str, Any]) -> Score:
    reasons = tuple(Reason(one["name"], one["detail"], float(one["contribution"])) for one in score.get("reasons", ()))
    return Score(score.get("value"), float(score.get("confidence", 0.0)), reasons, tuple(score.get("missing", ())))


def read_verification(body: bytes, challenge: str, decision: str) -> Verification:
    """Return the verification in an answer; one for another challenge or decision counts as not passed. Raises one of UNREADABLE."""
    answer = json.loads(body)
    right = answer["passed"] is True and answer["challenge"] == challenge and answer["decision"] == decision
    return Verification(right, decision, challenge, answer.get("proof") if right else None)


UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError)
