"""Subjects: the operator's users, known here by a keyed pseudonym only. Recalled at decisions, enrolled, and forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, Select, bindparam, delete, func, insert, select, update

from collector import surroundings
from collector.challenge.second_factor import enrol
from collector.clock import Clock
from collector.labels import event_id
from collector.problems import Problem
from collector.secrets import Secrets
from collector.sessions import Sessions
from collector.store.base import Conflict, Read, Store, Write
from collector.store.tables import batches, challenges, decisions, labels, outbox, sessions, sketches, subjects

ISSUER: Final = "Countersign"
_TRIES: Final = 8
_CHUNK: Final = 500
"""Ids in one statement."""
_RECALL: Final = select(subjects.c.journey, subjects.c.second_factor, subjects.c.version).where(subjects.c.id == bindparam("who"))
_PLAYED: Final = select(func.coalesce(func.max(batches.c.seq), 0)).where(batches.c.session == sessions.c.id).scalar_subquery()
_NEW: Final = insert(subjects)
_CHANGE: Final = {
    what: update(subjects)
    .where(subjects.c.id == bindparam("who"), subjects.c.version == bindparam("before"))
    .values({what: bindparam("changed"), "version": bindparam("after"), "seen_us": bindparam("now")})
    for what in ("journey", "second_factor")
}
"""By column: takes a subject from one version to the next."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is remembered of a subject. `version` is None for one that was never seen."""

    id: str
    journey: bytes = b""
    second_factor: bool = False
    version: int | None = None


def asked(id: str) -> Read:
    """Return the query whose rows `recalled` reads."""
    return Read(_RECALL, {"who": id})


def recalled(id: str, rows: Sequence[RowMapping]) -> Subject:
    """Return the subject that these rows are of, a new one where there are none."""
    if not rows:
        return Subject(id)
    return Subject(id, rows[0]["journey"], rows[0]["second_factor"] is not None, rows[0]["version"])


class Subjects:
    """Reads and changes subjects."""

    def __init__(self, store: Store, clock: Clock, secrets: Secrets, playing: Sessions) -> None:
        self._store = store
        self._clock = clock
        self._secrets = secrets
        self._playing = playing

    async def recall(self, user: str) -> Subject:
        """Return what is remembered of the operator's user."""
        id = self._secrets.pseudonym(user)
        return recalled(id, await self._store.all(asked(id)))

    def remember(self, subject: Subject, journey: bytes) -> Write:
        """Return the write that takes a subject from as it was recalled to this journey; a Conflict if it has changed since."""
        return self._change(subject, "journey", journey)

    async def enrol(self, user: str, account: str, issuer: str, replace: bool) -> str:
        """Give a subject a second factor and return its otpauth URI. Raises Problem `second_factor_enrolled` unless it may be replaced."""
        for _ in range(_TRIES):
            subject = await self.recall(user)
            if subject.second_factor and not replace:
                raise Problem(409, "second_factor_enrolled", "this subject has a second factor; send replace: true for a new one")
            sealed, uri = enrol(self._secrets, subject.id, account, issuer)
            try:
                await self._store.commit(self._change(subject, "second_factor", sealed))
            except Conflict:
                continue
            return uri
        raise Problem(503, "overloaded", "this subject keeps changing", retry_after_s=1.0)

    async def forget(self, user: str) -> Mapping[str, int]:
        """Erase everything that hangs on a subject, in one commit, and return how many rows of what that were.

        Sessions stay as those of a device, unlinked, and without their sketches of input. Decisions stay as a verdict without whom, on
        what, or what was answered. Events that the bus has had are erased here; those that it has not are still delivered.
        """
        id = self._secrets.pseudonym(user)
        mine = {
            "sessions": select(sessions.c.id).where(sessions.c.subject == id),
            "decisions": select(decisions.c.id).where(decisions.c.subject == id),
            "challenges": select(challenges.c.id).where(challenges.c.subject == id),
            "labels": select(labels.c.id).where(labels.c.subject == id),
            "subjects": select(subjects.c.id).where(subjects.c.id == id),
        }
        found = {what: [row["id"] for row in await self._store.all(query)] for what, query in mine.items()}
        of_theirs = [sketches.c.session.in_(chunk) for chunk in _chunks(found["sessions"])]
        counted = [await self._store.one(select(func.count().label("n")).where(one)) for one in of_theirs]
        told = [f"e_{about}" for about in (*found["decisions"], *found["challenges"])] + [event_id(label) for label in found["labels"]]
        sent = [event for chunk in _chunks(told) for event in await self._sent(chunk)]
        await self._store.commit(
            # what was played until now is not looked through again
            Write(update(sessions).where(sessions.c.subject == id).values(subject=None, folded=_PLAYED)),
            Write(delete(challenges).where(challenges.c.subject == id)),
            Write(delete(labels).where(labels.c.subject == id)),
            Write(update(decisions).where(decisions.c.subject == id).values(subject=None, inputs=b"", answer=b"", request_key=None)),
            Write(delete(subjects).where(subjects.c.id == id)),
            surroundings.forget(id),
            *(Write(delete(sketches).where(one)) for one in of_theirs),
            *(Write(delete(outbox).where(outbox.c.event.in_(chunk))) for chunk in _chunks(sent)),
        )
        for session in found["sessions"]:
            self._playing.forget(session)
        return {**{what: len(ids) for what, ids in found.items()}, "events": len(sent), "sketches": sum(row["n"] for row in counted if row)}

    async def _sent(self, events: list[str]) -> list[str]:
        query: Select[Any] = select(outbox.c.event).where(outbox.c.event.in_(events), outbox.c.sent_us.is_not(None))
        return [row["event"] for row in await self._store.all(query)]

    def _change(self, subject: Subject, what: str, changed: bytes) -> Write:
        now = self._clock.wall_us()
        if subject.version is None:
            return Write(_NEW, [{"id": subject.id, "journey": b"", "second_factor": None, "version": 0, "seen_us": now, what: changed}])
        row = {"who": subject.id, "before": subject.version, "after": subject.version + 1, "now": now, "changed": changed}
        return Write(_CHANGE[what], [row], expect=1)


def _chunks(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
