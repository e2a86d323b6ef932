"""One decision's way through the collector, top to bottom: who asks about whom, what is known, what the policy says, one commit, answer."""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

import msgspec
import structlog
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from collector import events, session_token, subjects, surroundings
from collector.bus import outbox
from collector.bus.base import Event
from collector.case import Case, Ruling, pack, rule, travelled, unpack, without_address
from collector.challenge.book import ChallengeBook, Issued
from collector.clock import Clock
from collector.decision import Decision, DecisionRequest, StepUp, check
from collector.metrics import Metrics
from collector.places import Places
from collector.policy.judge import fail
from collector.policy.metrics import PolicyMetrics
from collector.policy.rules import Policy, Verdict
from collector.policy.situation import Presence, Visitor, suspicions
from collector.problems import Problem
from collector.secrets import Secrets, new_id
from collector.sessions import Sessions, remembered
from collector.settings import Settings
from collector.store.base import Conflict, Overloaded, Store, Write
from collector.store.tables import decisions, devices
from collector.store.tables import sessions as session_rows
from collector.subjects import Subject, Subjects
from collector.visits import visit_of
from signals.history import EMPTY, History
from signals.model import Model
from signals.types import DeviceMemory, Surroundings
from signals.visit import Visit

MAX_REASONS: Final = 16
TRIES: Final = 8
"""How often a decision is made that lost the race for its subject; the time limit bounds it as well."""
WITHOUT_SESSION: Final[Mapping[str, str]] = {
    "missing": "session.missing",
    "unknown": "session.unknown",
    "over": "session.expired",
    "token_expired": "token.expired",
    "token_invalid": "token.invalid",
}
"""Reason codes by the state of a presence."""
_PRESENCE: Final = {
    "unknown_session": "unknown",
    "session_expired": "over",
    "token_expired": "token_expired",
    "token_invalid": "token_invalid",
}
"""States by the problem that the session or its token has."""
# One object for each statement: a commit runs the rows of all its callers through it together.
_DECISION: Final = insert(decisions)
_LINK: Final = update(session_rows).where(session_rows.c.id == bindparam("of")).values(subject=bindparam("who"))
_TRAVELLED: Final = update(devices).where(devices.c.id == bindparam("of")).values(journey=bindparam("where"))
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store says about a request."""

    presence: Presence
    session: str | None = None
    device: str | None = None
    memory: DeviceMemory | None = None
    history: History = EMPTY
    subject: Subject | None = None
    visit: Visit | None = None
    surroundings: Surroundings = field(default_factory=Surroundings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Makes decisions."""

    settings: Settings
    clock: Clock
    secrets: Secrets
    store: Store
    sessions: Sessions
    people: Subjects
    places: Places
    policy: Policy
    model: Model
    challenges: ChallengeBook
    metrics: Metrics
    counted: PolicyMetrics
    wake: Callable[[], None]
    """Tells the relay that events wait."""

    async def decide(self, request: DecisionRequest, key: str) -> Decision:
        """Return the answer to a request that came with an API key. Raises Problem for a request that can't be one."""
        check(request)
        id = new_id("d")
        try:
            async with asyncio.timeout(self.settings.decision_seconds):
                answer = await self._repeated(request, key) or await self._made(id, request, key)
        except TimeoutError:
            return self._failed(id, request, "failover.timeout", "The evidence could not be had in time.")
        except (SQLAlchemyError, OSError, Overloaded, Conflict) as error:
            _log.error("decision failed over", error=type(error).__name__)
            return self._failed(id, request, "failover.store", "The store does not answer.")
        return answer

    async def _made(self, id: str, request: DecisionRequest, key: str) -> Decision:
        for last in range(TRIES - 1, -1, -1):
            now_us = self.clock.wall_us()
            known = await self._look_up(request, now_us)
            case = self._case(request, known)
            ruling = rule(case, known.history, self.policy, self.model, self.metrics.detector_failed)
            issued = self._issue(id, ruling, known)
            answer = self._answer(id, ruling, known, issued, now_us)
            try:
                await self.store.commit(*self._writes(answer, request, key, case, known, issued))
            except Conflict:
                # the subject has changed meanwhile, or the same request came twice at once
                if (repeated := await self._repeated(request, key)) is not None:
                    return repeated
                if not last:
                    raise
                continue
            self.wake()
            self.counted.decided(ruling.judgement)
            return answer
        raise AssertionError("unreachable: the last try returns or raises")

    async def _repeated(self, request: DecisionRequest, key: str) -> Decision | None:
        """Return the answer that this request got before."""
        if request.request_id is None:
            return None
        query = select(decisions.c.answer, decisions.c.inputs).where(decisions.c.request_key == self._request_key(request, key))
        row = await self.store.one(query)
        if row is None:
            return None
        if unpack(row["inputs"])[0].request != self._digest(request):
            raise Problem(409, "request_altered", "this request_id was used for another request")
        return _answer.decode(row["answer"])

    async def _look_up(self, request: DecisionRequest, now_us: int) -> _Known:
        """Return what is known about a request: who asks to be let in, with what session, from where."""
        known = await self._session(request.token, now_us)
        visit = visit_of(request.context, known.device, now_us, self.places, self.secrets)
        id = None if request.user is None else self.secrets.pseudonym(request.user)
        # read anew: another session of the device may have shown since that somebody holds a copy of it
        rows = await self.store.many(
            select(devices).where(devices.c.id == (known.device or "")),
            subjects.asked(id or ""),
            *([] if visit is None else surroundings.asked(visit)),
        )
        return replace(
            known,
            memory=None if known.device is None else remembered(cast("Mapping[str, Any] | None", rows[0][0] if rows[0] else None)),
            subject=None if id is None else subjects.recalled(id, rows[1]),
            visit=visit,
            surroundings=Surroundings() if visit is None else surroundings.told(visit, rows[2:]),
        )

    async def _session(self, token: str | None, now_us: int) -> _Known:
        if not token:
            return _Known(Presence("missing"))
        try:
            session = session_token.verify(self.secrets, token, now_us)
            live = await self.sessions.current(session)
        except Problem as problem:
            if problem.code not in _PRESENCE:
                raise
            return _Known(Presence(_PRESENCE[problem.code]))
        presence = Presence("ok", live.seq, (now_us - live.session.created_us) / 1e6)
        return _Known(presence, session, live.session.device, history=live.memory.history)

    def _case(self, request: DecisionRequest, known: _Known) -> Case:
        return Case(
            action=request.action,
            context=without_address(request.context),
            presence=known.presence,
            visitor=_visitor(known.subject),
            device=known.memory,
            surroundings=known.surroundings,
            journey=None if known.subject is None else known.subject.journey,
            visit=known.visit,
            speed_limit_kmh=self.settings.speed_limit_kmh,
            failover=Verdict(self.settings.failover),
            request=self._digest(request),
        )

    def _issue(self, id: str, ruling: Ruling, known: _Known) -> Issued | None:
        kind = ruling.judgement.challenge
        subject = None if known.subject is None else known.subject.id
        return None if kind is None else self.challenges.issue(kind, id, known.session, subject)

    def _answer(self, id: str, ruling: Ruling, known: _Known, issued: Issued | None, now_us: int) -> Decision:
        assessment, judgement = ruling.assessment, ruling.judgement
        absent = WITHOUT_SESSION.get(known.presence.state)
        reasons = (*judgement.reasons, *((absent,) if absent else ()), *suspicions(assessment))
        return Decision(
            id=id,
            verdict=judgement.verdict,
            risk=assessment.risk,
            scores=dict(assessment.scores),
            reasons=tuple(dict.fromkeys(reasons))[:MAX_REASONS],
            challenge=None if issued is None else StepUp(issued.id, issued.kind.value, self._url(issued.id), issued.expires_us),
            failover=judgement.failover,
            policy=self.policy.version,
            model=assessment.model,
            at_us=now_us,
        )

    def _writes(
        self, answer: Decision, request: DecisionRequest, key: str, case: Case, known: _Known, issued: Issued | None
    ) -> list[Write]:
        subject = known.subject
        row = {
            "id": answer.id,
            "session": known.session,
            "device": known.device,
            "subject": None if subject is None else subject.id,
            "action": request.action,
            "verdict": answer.verdict.value,
            "risk": answer.risk,
            "policy": answer.policy,
            "model": answer.model,
            "inputs": pack(case, known.history),
            "answer": msgspec.json.encode(answer),
            "request_key": self._request_key(request, key),
            "at_us": answer.at_us,
        }
        writes = [Write(_DECISION, [row])]
        if issued is not None:
            writes.append(issued.write)
        writes += self._remembered(answer.verdict, known)
        writes.append(outbox.append([_event(answer, request, known)], answer.at_us))
        return writes

    def _remembered(self, verdict: Verdict, known: _Known) -> list[Write]:
        """Return what a decision leaves behind for later ones. A visit that is challenged is learned when it has passed."""
        subject, visit, writes = known.subject, known.visit, []
        who = None if subject is None else subject.id
        if visit is not None:
            writes += surroundings.count(visit, who) if verdict is Verdict.ALLOW else surroundings.present(visit, who)
        if subject is not None:
            journey = travelled(subject.journey, visit) if verdict is Verdict.ALLOW else subject.journey
            writes.append(self.people.remember(subject, journey))
            if known.session is not None:
                writes.append(Write(_LINK, [{"of": known.session, "who": who}]))
        elif visit is not None and known.memory is not None and verdict is Verdict.ALLOW:
            # nobody was named: what is remembered is where the device was
            writes.append(Write(_TRAVELLED, [{"of": known.device, "where": travelled(known.memory.journey, visit)}]))
        return writes

    def _failed(self, id: str, request: DecisionRequest, reason: str, explain: str) -> Decision:
        """Return the answer in the direction that the operator chose. Nothing of it is stored, so it has no challenge to offer."""
        judgement = fail(self.policy, request.action, Verdict(self.settings.failover), reason, explain)
        self.counted.decided(judgement)
        return Decision(
            id=id,
            verdict=judgement.verdict,
            risk=None,
            scores={},
            reasons=judgement.reasons,
            challenge=None,
            failover=judgement.failover,
            policy=self.policy.version,
            model=self.model.version,
            at_us=self.clock.wall_us(),
        )

    def _request_key(self, request: DecisionRequest, key: str) -> str | None:
        """Return what a repetition is found by: ids are each API key's own."""
        return None if request.request_id is None else self._keyed(f"{key}\0{request.request_id}".encode()).hex()

    def _digest(self, request: DecisionRequest) -> bytes:
        return self._keyed(msgspec.json.encode(request, order="deterministic"))

    def _keyed(self, content: bytes) -> bytes:
        # keyed, as a plain digest of a user id and an address can be found by trying them all
        return hmac.digest(self.secrets.key("request", version=1), content, "sha256")

    def _url(self, challenge: str) -> str:
        base = self.settings.public_url or f"http://{self.settings.host}:{self.settings.port}"
        return f"{base.rstrip('/')}/v1/challenges/{challenge}/page"


def _visitor(subject: Subject | None) -> Visitor:
    return Visitor() if subject is None else Visitor(True, bool(subject.journey), subject.second_factor)


def _event(answer: Decision, request: DecisionRequest, known: _Known) -> Event:
    data = events.DecisionMade(
        decision=answer.id,
        action=request.action,
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


_answer: Final = msgspec.json.Decoder(Decision)
