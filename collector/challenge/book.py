"""The life of a challenge: issued with its decision, shown, answered a bounded number of times, passed once, redeemed once.

Every step is a compare-and-set on the challenge's row, so that of two right answers at the same time one passes, whichever
collector they reach.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import RowMapping, Update, func, insert, select, update

from collector import events, surroundings
from collector.bus import outbox
from collector.bus.base import Event
from collector.case import travelled, visit_in
from collector.challenge.base import Attempt, Challenge, Marked, Presentation
from collector.challenge.factor import SealBroken
from collector.clock import Clock
from collector.policy.rules import ChallengeKind, ChallengeTerms
from collector.problems import Problem
from collector.secrets import new_id
from collector.store.base import Conflict, Store, Write
from collector.store.tables import challenges, decisions, subjects
from collector.tokens import Proof, ProofKeys

PROOF_US: Final = 300_000_000
"""How long a passed challenge may be redeemed, and its proof is in force."""
GUESSES_AN_HOUR: Final = 20
"""Codes that may be tried for one subject, over all its challenges (RFC 4226, 7.3: throttling). At three codes in force, that is one
right guess in two years of trying."""
HOUR_US: Final = 3_600_000_000
_RETRIES: Final = 8
_CHALLENGE: Final = insert(challenges)


class State(StrEnum):
    """Where a challenge stands."""

    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new challenge, and the write that belongs into the commit of its decision, after it."""

    id: str
    kind: ChallengeKind
    expires_us: int
    write: Write


@dataclass(frozen=True, slots=True)
class View:
    """What may be shown of a challenge to whoever knows its id."""

    id: str
    kind: ChallengeKind
    state: State
    attempts_left: int
    expires_us: int
    presentation: Presentation | None
    """None once it is over."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer. `proof` comes with a pass."""

    state: State
    attempts_left: int
    proof: str | None = None


class ChallengeBook:
    """Keeps challenges in the store."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        kinds: Mapping[ChallengeKind, Challenge],
        terms: Mapping[ChallengeKind, ChallengeTerms],
        proofs: ProofKeys,
    ) -> None:
        self._store = store
        self._clock = clock
        self._kinds = kinds
        self._terms = terms
        self._proofs = proofs

    def issue(self, kind: ChallengeKind, decision: str, session: str | None, subject: str | None) -> Issued:
        """Return a new challenge of a decision."""
        now = self._clock.wall_us()
        id, expires_us = new_id("c"), now + self._terms[kind].lifetime_s * 1_000_000
        row = {
            "id": id,
            "decision": decision,
            "session": session,
            "subject": subject,
            "kind": kind.value,
            "state": self._kinds[kind].issue(id),
            "attempts": 0,
            "created_us": now,
            "expires_us": expires_us,
        }
        return Issued(id, kind, expires_us, Write(_CHALLENGE, [row]))

    async def show(self, id: str) -> View:
        """Return what to show. Raises Problem `challenge_unknown`."""
        row = await self._row(id)
        kind, state = ChallengeKind(row["kind"]), self._state(row)
        shown = self._kinds[kind].present(id, row["state"]) if state is State.PENDING else None
        return View(id, kind, state, self._left(row), row["expires_us"], shown)

    async def pending(self, session: str) -> str | None:
        """Return the newest challenge that waits for this session's player."""
        now = self._clock.wall_us()
        open_ = (challenges.c.passed_us.is_(None), challenges.c.failed_us.is_(None), challenges.c.expires_us > now)
        query = select(challenges.c.id).where(challenges.c.session == session, *open_).order_by(challenges.c.created_us.desc()).limit(1)
        row = await self._store.one(query)
        return None if row is None else str(row["id"])

    async def answer(self, id: str, text: str) -> Answered:
        """Mark an answer and count it. Raises Problem: challenge_unknown, _expired, _failed, _passed, or too_many_guesses."""
        for _ in range(_RETRIES):
            row = await self._row(id)
            self._refuse_unless_pending(row)
            marked = await self._mark(row, text)
            try:
                return await self._record(row, marked)
            except Conflict:
                continue  # another answer came in between: look again at what is left
        raise Problem(503, "overloaded", "too many answers to this challenge at once", retry_after_s=1.0)

    async def redeem(self, id: str, decision: str) -> str | None:
        """Return the proof that the challenge of this decision was passed, once; None if it was not passed.

        Raises Problem: challenge_unknown (or not of this decision), challenge_redeemed, proof_expired.
        """
        row = await self._row(id)
        if row["decision"] != decision:
            raise Problem(404, "challenge_unknown", "this decision has no such challenge")
        if row["passed_us"] is None:
            return None
        now = self._clock.wall_us()
        redeemed = Problem(409, "challenge_redeemed", "this challenge was redeemed before; ask for a new decision")
        if row["redeemed_us"] is not None:
            raise redeemed
        if row["passed_us"] + PROOF_US <= now:
            raise Problem(410, "proof_expired", "this challenge was passed too long ago; ask for a new decision")
        change = update(challenges).where(challenges.c.id == id, challenges.c.redeemed_us.is_(None)).values(redeemed_us=now)
        try:
            await self._store.commit(Write(change, expect=1))
        except Conflict:
            raise redeemed from None
        return self._proof(row, row["passed_us"])

    async def _row(self, id: str) -> RowMapping:
        query = (
            select(challenges, decisions.c.device, subjects.c.second_factor, subjects.c.version.label("subject_version"))
            .join(decisions, decisions.c.id == challenges.c.decision)
            .join(subjects, subjects.c.id == challenges.c.subject, isouter=True)
            .where(challenges.c.id == id)
        )
        row = await self._store.one(query)
        if row is None:
            raise Problem(404, "challenge_unknown", "there is no such challenge")
        return row

    def _state(self, row: RowMapping) -> State:
        if row["passed_us"] is not None:
            return State.PASSED
        if row["failed_us"] is not None:
            return State.FAILED
        return State.EXPIRED if row["expires_us"] <= self._clock.wall_us() else State.PENDING

    def _left(self, row: RowMapping) -> int:
        return max(0, self._terms[ChallengeKind(row["kind"])].attempts - int(row["attempts"]))

    def _refuse_unless_pending(self, row: RowMapping) -> None:
        state = self._state(row)
        if state is State.PASSED:
            raise Problem(409, "challenge_passed", "this challenge was passed already; it can't be answered again")
        if state is State.FAILED:
            raise Problem(409, "challenge_failed", "this challenge was answered wrongly too often")
        if state is State.EXPIRED:
            raise Problem(410, "challenge_expired", "this challenge has expired; log in again for a new one")

    async def _mark(self, row: RowMapping, text: str) -> Marked:
        kind, now = ChallengeKind(row["kind"]), self._clock.wall_us()
        if kind is ChallengeKind.SECOND_FACTOR:
            await self._refuse_guessing(row["subject"], now)
        attempt = Attempt(row["id"], row["state"], text, now, row["subject"], row["second_factor"])
        try:
            return self._kinds[kind].mark(attempt)
        except SealBroken:
            raise Problem(409, "second_factor_unreadable", "the subject has to enrol its second factor again") from None

    async def _refuse_guessing(self, subject: str, now: int) -> None:
        codes = challenges.c.kind == ChallengeKind.SECOND_FACTOR.value
        mine = (challenges.c.subject == subject, codes, challenges.c.created_us > now - HOUR_US)
        row = await self._store.one(select(func.sum(challenges.c.attempts).label("tried")).where(*mine))
        if row is not None and (row["tried"] or 0) >= GUESSES_AN_HOUR:
            raise Problem(429, "too_many_guesses", "too many codes were tried for this account; wait an hour", retry_after_s=3600.0)

    async def _record(self, row: RowMapping, marked: Marked) -> Answered:
        """Write the attempt if the row is still as it was read. Raises Conflict."""
        now, left = self._clock.wall_us(), self._left(row) - 1
        state = State.PASSED if marked.right else State.PENDING if left > 0 else State.FAILED
        writes = [Write(_count(row, state, now), expect=1)]
        if state is State.PASSED:
            writes += await self._let_in(row, marked, now)
        if state is not State.PENDING:
            writes.append(outbox.append([_completed(row, state, now)], now))
        await self._store.commit(*writes)
        return Answered(state, left, self._proof(row, now) if state is State.PASSED else None)

    async def _let_in(self, row: RowMapping, marked: Marked, now: int) -> list[Write]:
        """Return what a pass leaves behind: the visit is learned and counted, the code is used up. Raises Conflict."""
        query = (
            select(decisions.c.inputs, subjects.c.journey, subjects.c.version)
            .join(subjects, subjects.c.id == row["subject"], isouter=True)
            .where(decisions.c.id == row["decision"])
        )
        found = await self._store.one(query)
        if found is None or found["version"] != row["subject_version"]:
            raise Conflict
        visit = visit_in(found["inputs"])
        writes = [] if visit is None else surroundings.count(visit, row["subject"])
        version = found["version"]
        if version is not None:
            changed = {"journey": travelled(found["journey"], visit), "seen_us": now, "version": version + 1}
            if marked.factor is not None:
                changed["second_factor"] = marked.factor
            same = (subjects.c.id == row["subject"], subjects.c.version == version)
            writes.append(Write(update(subjects).where(*same).values(**changed), expect=1))
        return writes

    def _proof(self, row: Mapping[Any, Any], passed_us: int) -> str:
        return self._proofs.sign(Proof(row["decision"], row["id"], row["kind"], row["session"], passed_us, passed_us + PROOF_US))


def _count(row: RowMapping, state: State, now: int) -> Update:
    """One attempt more, if nobody else has answered since `row` was read."""
    ends = {State.PASSED: {"passed_us": now}, State.FAILED: {"failed_us": now}}.get(state, {})
    same = (challenges.c.attempts == row["attempts"], challenges.c.passed_us.is_(None), challenges.c.failed_us.is_(None))
    return update(challenges).where(challenges.c.id == row["id"], *same).values(attempts=row["attempts"] + 1, **ends)


def _completed(row: RowMapping, state: State, now: int) -> Event:
    data = events.ChallengeCompleted(
        challenge=row["id"],
        decision=row["decision"],
        kind=row["kind"],
        passed=state is State.PASSED,
        attempts=row["attempts"] + 1,
        took_us=now - row["created_us"],
        at_us=now,
        device=row["device"],
        session=row["session"],
        subject=row["subject"],
    )
    return events.encode(data, id=f"e_{row['id']}")
