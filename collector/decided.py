"""What a decision leaves behind, in one commit: its row with its inputs, its challenge, what is learned of the visit, its event."""

from typing import Final

import msgspec
from sqlalchemy import bindparam, insert, update

from collector import events, surroundings
from collector.bus import outbox
from collector.bus.base import Event
from collector.case import Case, pack, travelled
from collector.challenge.book import Issued
from collector.decision import Decision
from collector.known import Known
from collector.policy.rules import Verdict
from collector.store.base import Write
from collector.store.tables import decisions, devices
from collector.store.tables import sessions as session_rows
from collector.subjects import Subjects

# One object for each statement: a commit runs the rows of all its callers through it together.
_DECISION: Final = insert(decisions)
_LINK: Final = update(session_rows).where(session_rows.c.id == bindparam("of")).values(subject=bindparam("who"))
_TRAVELLED: Final = update(devices).where(devices.c.id == bindparam("of")).values(journey=bindparam("where"))


def writes(answer: Decision, case: Case, known: Known, issued: Issued | None, request_key: str | None, people: Subjects) -> list[Write]:
    """Return everything that commits with a decision; a Conflict where its subject has changed, or its request was answered meanwhile."""
    row = {
        "id": answer.id,
        "session": known.session,
        "device": known.device,
        "subject": None if known.subject is None else known.subject.id,
        "action": case.action,
        "verdict": answer.verdict.value,
        "risk": answer.risk,
        "policy": answer.policy,
        "model": answer.model,
        "inputs": pack(case, known.history),
        "answer": msgspec.json.encode(answer),
        "request_key": request_key,
        "at_us": answer.at_us,
    }
    issue = [] if issued is None else [issued.write]
    told = outbox.append([_event(answer, case, known)], answer.at_us)
    return [Write(_DECISION, [row]), *issue, *_remembered(answer.verdict, known, people), told]


def _remembered(verdict: Verdict, known: Known, people: Subjects) -> list[Write]:
    """Return what later decisions are made on. A visit that is challenged is learned when it has passed."""
    subject, visit, left = known.subject, known.visit, []
    who = None if subject is None else subject.id
    if visit is not None:
        left += surroundings.count(visit, who) if verdict is Verdict.ALLOW else surroundings.present(visit, who)
    if subject is not None:
        journey = travelled(subject.journey, visit) if verdict is Verdict.ALLOW else subject.journey
        left.append(people.remember(subject, journey))
        if known.session is not None:
            left.append(Write(_LINK, [{"of": known.session, "who": who}]))
    elif visit is not None and known.memory is not None and verdict is Verdict.ALLOW:
        # nobody was named: what is remembered is where the device was
        left.append(Write(_TRAVELLED, [{"of": known.device, "where": travelled(known.memory.journey, visit)}]))
    return left


def _event(answer: Decision, case: Case, known: Known) -> Event:
    data = events.DecisionMade(
        decision=answer.id,
        action=case.action,
        verdict=answer.verdict.value,
        reasons=answer.reasons,
        policy=answer.policy,
        at_us=answer.at_us,
        risk=answer.risk,
        challenge=None if answer.challenge is None else answer.challenge.id,
        device=known.device,
        session=known.session,
        subject=None if known.subject is None else known.subject.id,
        model=answer.model,
    )
    return events.encode(data, id=f"e_{answer.id}")
