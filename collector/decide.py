"""One decision's way through the collector, top to bottom: who asks about whom, what is known, what the policy says, one commit, answer."""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from collector import decided
from collector.case import Case, Ruling, rule, unpack, without_address
from collector.challenge.book import ChallengeBook, Issued
from collector.clock import Clock
from collector.decision import Decision, DecisionRequest, StepUp, check
from collector.known import Inquiry, Known
from collector.metrics import Metrics
from collector.policy.judge import fail
from collector.policy.metrics import PolicyMetrics
from collector.policy.rules import Policy, Verdict
from collector.policy.situation import Visitor, suspicions
from collector.problems import Problem
from collector.secrets import Secrets, new_id
from collector.settings import Settings
from collector.store.base import Conflict, Overloaded, Read, Store
from collector.store.tables import decisions
from collector.subjects import Subject, Subjects
from signals.model import Model

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
BORROWED: Final = "address.of_session"
"""Reason code where the operator named no address, and the one that the session played from was taken."""
_REPEATED: Final = select(decisions.c.answer, decisions.c.inputs).where(decisions.c.request_key == bindparam("asked"))
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Makes decisions."""

    settings: Settings
    clock: Clock
    secrets: Secrets
    store: Store
    inquiry: Inquiry
    people: Subjects
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
            known = await self.inquiry.about(request, now_us)
            case = self._case(request, known)
            ruling = rule(case, known.history, self.policy, self.model, self.metrics.detector_failed)
            issued = self._issue(id, ruling, known)
            answer = self._answer(id, ruling, known, issued, now_us)
            try:
                await self.store.commit(*decided.writes(answer, case, known, issued, self._request_key(request, key), self.people))
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
        row = await self.store.one(Read(_REPEATED, {"asked": self._request_key(request, key)}))
        if row is None:
            return None
        if unpack(row["inputs"])[0].request != self._digest(request):
            raise Problem(409, "request_altered", "this request_id was used for another request")
        return _answer.decode(row["answer"])

    def _case(self, request: DecisionRequest, known: Known) -> Case:
        return Case(
            action=request.action,
            context=without_address(request.context),
            presence=known.presence,
            visitor=_visitor(known.subject),
            device=known.memory,
            surroundings=known.surroundings,
            journey=None if known.subject is None else known.subject.journey,
            visit=known.visit,
            borrowed=known.borrowed,
            speed_limit_kmh=self.settings.speed_limit_kmh,
            failover=Verdict(self.settings.failover),
            request=self._digest(request),
        )

    def _issue(self, id: str, ruling: Ruling, known: Known) -> Issued | None:
        kind = ruling.judgement.challenge
        subject = None if known.subject is None else known.subject.id
        return None if kind is None else self.challenges.issue(kind, id, known.session, subject)

    def _answer(self, id: str, ruling: Ruling, known: Known, issued: Issued | None, now_us: int) -> Decision:
        assessment, judgement = ruling.assessment, ruling.judgement
        absent = WITHOUT_SESSION.get(known.presence.state)
        circumstances = (*((absent,) if absent else ()), *((BORROWED,) if known.borrowed else ()))
        reasons = (*judgement.reasons, *circumstances, *suspicions(assessment))
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


_answer: Final = msgspec.json.Decoder(Decision)
