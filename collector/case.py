"""What a decision was made on, and the decision as a pure function of it: the same case replays under another policy or model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from collector.policy.judge import Judgement, judge
from collector.policy.rules import Policy, Verdict
from collector.policy.situation import Presence, Situation, Visitor
from signals import history as histories
from signals.combine import OnFailure, assess
from signals.drift.journey import BadJourney, learn_journey
from signals.history import EMPTY, History
from signals.model import Model
from signals.types import Assessment, DeviceMemory, Evidence, SubjectMemory, Surroundings
from signals.visit import Visit
from wire.schema import Scalar

VERSION: Final = 1


class StaleCase(ValueError):
    """The stored inputs are of another version, broken, or were erased with their subject."""


@dataclass(frozen=True, slots=True)
class Case:
    """All inputs of one decision. The address is in it as a keyed pseudonym only, the user not at all."""

    action: str
    context: Mapping[str, Scalar] = field(default_factory=dict)
    """As the operator sent it, without the address."""
    presence: Presence = field(default_factory=Presence)
    visitor: Visitor = field(default_factory=Visitor)
    device: DeviceMemory | None = None
    surroundings: Surroundings = field(default_factory=Surroundings)
    journey: bytes | None = None
    """The subject's, None where no subject was named."""
    visit: Visit | None = None
    borrowed: bool = False
    """The visit's address is the session's, as the operator named none."""
    speed_limit_kmh: float = 900.0
    failover: Verdict = Verdict.CHALLENGE
    """The collector's own, for actions that the policy does not name."""
    request: bytes = b""
    """Digest of the request, to tell a repetition from another request under the same id."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was found and what follows from it."""

    assessment: Assessment
    judgement: Judgement


def rule(case: Case, history: History, policy: Policy, model: Model, on_failure: OnFailure | None = None) -> Ruling:
    """Return what the policy says of a case under a model."""
    evidence = Evidence(
        history=history,
        device=case.device or DeviceMemory(),
        surroundings=case.surroundings,
        subject=None if case.journey is None else SubjectMemory(case.journey),
        visit=case.visit,
        speed_limit_kmh=case.speed_limit_kmh,
    )
    assessment = assess(evidence, model, on_failure)
    situation = Situation(
        action=case.action,
        assessment=assessment,
        context=case.context,
        place=None if case.visit is None else case.visit.place,
        device=case.device,
        subject=case.visitor,
        session=case.presence,
    )
    return Ruling(assessment, judge(policy, situation, case.failover))


def replay(stored: bytes, policy: Policy, model: Model) -> Ruling:
    """Decide stored inputs again, under this policy and this model. Raises StaleCase."""
    case, history = unpack(stored)
    return rule(case, history, policy, model)


def pack(case: Case, history: History) -> bytes:
    """Return the inputs as a decision's row keeps them."""
    return bytes((VERSION,)) + _encoder.encode((case, b"" if history == EMPTY else histories.dump(history)))


def unpack(stored: bytes) -> tuple[Case, History]:
    """Return what `pack` was given. Raises StaleCase."""
    if stored[:1] != bytes((VERSION,)):
        raise StaleCase("erased or of another version")
    try:
        case, history = _decoder.decode(stored[1:])
        return case, histories.load(history) if history else EMPTY
    except (msgspec.MsgspecError, histories.StaleHistory) as error:
        raise StaleCase(str(error)) from error


def visit_in(stored: bytes) -> Visit | None:
    """Return the visit that stored inputs hold, None where there was none or it was erased."""
    try:
        return unpack(stored)[0].visit
    except StaleCase:
        return None


def travelled(journey: bytes, visit: Visit | None) -> bytes:
    """Return the journey with a visit that was let in. One that can't be read any more begins anew."""
    if visit is None:
        return journey
    try:
        return learn_journey(journey, visit)
    except BadJourney:
        return learn_journey(b"", visit)


def without_address(context: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return what may be kept of a context."""
    return {name: value for name, value in context.items() if name != "ip"}


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(tuple[Case, bytes])
