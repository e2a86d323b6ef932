"""Subjects, by the operator's own user id: enrol a second factor, forget."""

from dataclasses import dataclass
from typing import Final

from collector.decision import MAX_USER
from collector.operation import Call, Operation
from collector.problems import Problem
from collector.roles import Role
from collector.subjects import ISSUER

MAX_LABEL: Final = 64


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the authenticator app shows. Neither is kept."""

    account: str = "player"
    issuer: str = ISSUER
    replace: bool = False
    """Give a new factor to a subject that has one; the old one stops working."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The new factor, as the URI of a QR code (`otpauth://`); it is shown this once."""

    otpauth: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows of what were erased or unlinked."""

    sessions: int
    decisions: int
    challenges: int
    labels: int
    subjects: int
    events: int
    sketches: int


async def enrol_second_factor(call: Call) -> Enrolled:
    """Enrol."""
    asked: Enrolment = call.body
    for name in ("account", "issuer"):
        if not 0 < len(text := getattr(asked, name)) <= MAX_LABEL or ":" in text or not text.isprintable():
            raise Problem(422, "invalid", f"a printable text of 1 to {MAX_LABEL} characters without a colon", path=f"$.{name}")
    return Enrolled(await call.service.subjects.enrol(_user(call), asked.account, asked.issuer, asked.replace))


async def forget_subject(call: Call) -> Forgotten:
    """Forget."""
    return Forgotten(**await call.service.subjects.forget(_user(call)))


def _user(call: Call) -> str:
    user: str = call.path["id"]
    if len(user) > MAX_USER:
        raise Problem(404, "not_found", "no such subject")
    return user


operations: Final = (
    Operation(
        method="POST",
        path="/v1/subjects/{id}/second-factor",
        summary="Enrol a second factor",
        handler=enrol_second_factor,
        roles=frozenset({Role.OPERATOR}),
        body=Enrolment,
        reply=Enrolled,
        status=201,
        problems=((404, "not_found"), (409, "second_factor_enrolled")),
        max_body=4096,
    ),
    Operation(
        method="DELETE",
        path="/v1/subjects/{id}",
        summary="Forget a subject",
        handler=forget_subject,
        roles=frozenset({Role.ADMIN}),
        reply=Forgotten,
        problems=((404, "not_found"),),
    ),
)
