"""What an operator asks and is told: the contract of `POST /v1/decisions`."""

import re
from dataclasses import dataclass, field
from typing import Final

from collector.policy.rules import Verdict
from collector.problems import Problem
from signals.types import Score, ScoreName
from wire.schema import Scalar

MAX_CONTEXT: Final = 32
"""Scalars of a context."""
MAX_TEXT: Final = 512
MAX_USER: Final = 256
_ACTION: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_REQUEST: Final = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """What an operator asks: may this user do this, with this session's client?"""

    action: str
    token: str | None = None
    """What the login form carried."""
    user: str | None = None
    """The operator's user id; only its keyed pseudonym is kept."""
    context: dict[str, Scalar] = field(default_factory=dict)
    """ip, user_agent, timezone (IANA), language, and any scalars of the operator's own. Without ip the session's own address is judged."""
    request_id: str | None = None
    """The same id with the same content gets the same answer again."""


@dataclass(frozen=True, slots=True)
class StepUp:
    """A challenge that the player has to pass: at `url`, or drawn by the game from `GET /v1/challenges/{id}`."""

    id: str
    kind: str
    url: str
    expires_us: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What the operator is told."""

    id: str
    verdict: Verdict
    risk: float | None
    scores: dict[ScoreName, Score]
    reasons: tuple[str, ...]
    """Codes: why this verdict, then what speaks against the player, the weightiest first."""
    challenge: StepUp | None
    failover: Verdict | None
    """The direction taken, where evidence could not be had in time or a rule could not be evaluated."""
    policy: str
    model: str
    at_us: int


def check(request: DecisionRequest) -> None:
    """Raise Problem `invalid`, with the path, for what can't be a request."""
    if not _ACTION.fullmatch(request.action):
        raise _invalid("an action is 1 to 64 letters, digits or _ . : -", "$.action")
    if request.user is not None and not (0 < len(request.user) <= MAX_USER and "\0" not in request.user):
        raise _invalid(f"a user id has 1 to {MAX_USER} characters", "$.user")
    if request.request_id is not None and not _REQUEST.fullmatch(request.request_id):
        raise _invalid("a request_id has 1 to 128 visible ASCII characters", "$.request_id")
    if len(request.context) > MAX_CONTEXT:
        raise _invalid(f"a context has at most {MAX_CONTEXT} scalars", "$.context")
    for name, value in request.context.items():
        if not _NAME.fullmatch(name):
            raise _invalid("names in a context are identifiers of at most 64 characters", "$.context")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise _invalid(f"a text has at most {MAX_TEXT} characters", f"$.context.{name}")
        if isinstance(value, int) and not -(2**53) <= value <= 2**53:
            raise _invalid("a whole number has at most 53 bits", f"$.context.{name}")


def _invalid(detail: str, path: str) -> Problem:
    return Problem(422, "invalid", detail, path=path)
