"""Challenges: shown as JSON that a game engine can draw itself, or as a hosted page; answered by the player; redeemed by the operator.

A challenge's id can't be guessed, and whoever knows it may see and answer it: no key is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.responses import Response

from collector import pages
from collector.challenge.book import State
from collector.operation import Call, Operation, Query
from collector.policy.rules import ChallengeKind
from collector.roles import Role

MAX_BODY: Final = 8 * 1024
RETURN: Final = Query("return", "Where to go on after a pass: a URL of an origin in the setting return_origins")


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """A challenge. `prompt` and `parameters` are there while it waits for an answer."""

    id: str
    kind: ChallengeKind
    state: State
    attempts_left: int
    expires_us: int
    prompt: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """captcha: an ALTCHA v2 challenge (`parameters`, `signature`). second_factor: `digits` and `period_s`."""


@dataclass(frozen=True, slots=True)
class ChallengeAnswer:
    """captcha: an ALTCHA payload in base64. second_factor: the code."""

    answer: str


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """Whether it was right, and what is left. `proof`, a signed JWT, comes with a pass."""

    passed: bool
    state: State
    attempts_left: int
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class Redemption:
    """The decision that the challenge was made for."""

    decision: str


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Whether the challenge of this decision was passed; said once."""

    passed: bool
    decision: str
    challenge: str
    proof: str | None = None


async def show_challenge(call: Call) -> ChallengeView:
    """Show a challenge."""
    view = await call.service.challenges.show(call.path["id"])
    shown = view.presentation
    return ChallengeView(
        view.id,
        view.kind,
        view.state,
        view.attempts_left,
        view.expires_us,
        None if shown is None else shown.prompt,
        {} if shown is None else shown.parameters,
    )


async def answer_challenge(call: Call) -> ChallengeResult:
    """Take an answer."""
    answered = await call.service.challenges.answer(call.path["id"], call.body.answer)
    call.service.relay.wake()
    return ChallengeResult(answered.state is State.PASSED, answered.state, answered.attempts_left, answered.proof)


async def verify_challenge(call: Call) -> Redeemed:
    """Redeem a challenge."""
    id, decision = call.path["id"], call.body.decision
    proof = await call.service.challenges.redeem(id, decision)
    return Redeemed(proof is not None, decision, id, proof)


async def challenge_page(call: Call) -> Response:
    """Return the page that draws a challenge. It reads everything about it from the JSON."""
    settings = call.service.settings
    local = pages.is_local(settings.public_url or f"http://{settings.host}:{settings.port}")
    return pages.page(RETURN.text(call), settings.return_origins, local=local)


async def page_part(call: Call) -> Response:
    """Return a script or style sheet of the page."""
    return pages.part(call.path["name"])


_UNKNOWN: Final = (404, "challenge_unknown")
operations: Final = (
    Operation("GET", "/v1/challenges/{id}", "Show a challenge", show_challenge, reply=ChallengeView, problems=(_UNKNOWN,)),
    Operation(
        method="POST",
        path="/v1/challenges/{id}/answer",
        summary="Answer a challenge",
        handler=answer_challenge,
        body=ChallengeAnswer,
        reply=ChallengeResult,
        problems=(
            _UNKNOWN,
            (409, "challenge_failed"),
            (409, "challenge_passed"),
            (409, "second_factor_unreadable"),
            (410, "challenge_expired"),
            (429, "too_many_guesses"),
        ),
        max_body=MAX_BODY,
        counted="answer",
    ),
    Operation(
        method="POST",
        path="/v1/challenges/{id}/verify",
        summary="Redeem a passed challenge, once",
        handler=verify_challenge,
        roles=frozenset({Role.OPERATOR}),
        body=Redemption,
        reply=Redeemed,
        problems=(_UNKNOWN, (409, "challenge_redeemed"), (410, "proof_expired")),
        max_body=MAX_BODY,
    ),
    Operation(
        method="GET",
        path="/v1/challenges/{id}/page",
        summary="The hosted page of a challenge",
        handler=challenge_page,
        problems=((400, "return_not_allowed"),),
        query=(RETURN,),
        media_type="text/html",
    ),
    Operation(
        method="GET",
        path="/v1/pages/{name}",
        summary="Script and style of the hosted page",
        handler=page_part,
        problems=((404, "not_found"),),
        media_type="text/javascript",
    ),
)
