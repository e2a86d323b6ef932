"""What it turned out to be: labels on a device, a session, a decision or a subject, taken in once each by their id."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import insert, select

from collector import events, surroundings
from collector.bus import outbox
from collector.case import visit_in
from collector.clock import Clock
from collector.problems import Problem
from collector.secrets import Secrets, new_id
from collector.store.base import Conflict, Store, Write
from collector.store.tables import decisions, devices, labels, sessions

TARGETS: Final = ("device", "session", "decision", "subject")
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,32}")
_SOURCE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Label(StrEnum):
    """What it turned out to be."""

    FRAUD = "fraud"
    HONEST = "honest"


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A label on exactly one of device, session, decision (their ids) or subject (the operator's user id)."""

    label: Label
    source: str
    """Who says so: chargeback, support, review, ..."""
    id: str | None = None
    """The caller's own id: the same label under the same id is taken in once."""
    device: str | None = None
    session: str | None = None
    decision: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class LabelTaken:
    """The label's id, and whether it had been taken in before."""

    id: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Labels:
    """Takes labels in."""

    store: Store
    clock: Clock
    secrets: Secrets

    async def take(self, request: LabelRequest) -> LabelTaken:
        """Take a label in. Raises Problem `invalid`, `target_unknown` or `label_altered`."""
        _check(request)
        id, now = request.id or new_id("l"), self.clock.wall_us()
        about, writes = await self._about(request, now)
        row = {"id": id, **about, "label": request.label.value, "source": request.source}
        told = events.encode(_event(row, now), id=event_id(id))
        try:
            await self.store.commit(Write(insert(labels), [{**row, "at_us": now}]), *writes, outbox.append([told], now))
        except Conflict:
            before = await self.store.one(select(labels).where(labels.c.id == id))
            if before is None or any(before[name] != value for name, value in row.items()):
                raise Problem(409, "label_altered", "this id was used for another label") from None
            return LabelTaken(id, True)
        return LabelTaken(id, False)

    async def _about(self, request: LabelRequest, now: int) -> tuple[dict[str, str | None], list[Write]]:
        """Return whom the label is about, as far as that is known, and what it teaches about networks."""
        none: dict[str, str | None] = dict.fromkeys(TARGETS)
        if request.subject is not None:
            return {**none, "subject": self.secrets.pseudonym(request.subject)}, []
        if request.device is not None:
            await self._row(select(devices.c.id).where(devices.c.id == request.device))
            return {**none, "device": request.device}, []
        if request.session is not None:
            row = await self._row(select(sessions.c.device, sessions.c.subject).where(sessions.c.id == request.session))
            return {**none, "session": request.session, "device": row["device"], "subject": row["subject"]}, []
        row = await self._row(select(decisions).where(decisions.c.id == request.decision))
        visit = visit_in(row["inputs"])
        learned = [] if visit is None else surroundings.labelled(visit.place, request.label is Label.FRAUD, now)
        about = {"decision": request.decision, "session": row["session"], "device": row["device"], "subject": row["subject"]}
        return about, learned

    async def _row(self, query: Any) -> Mapping[Any, Any]:
        row = await self.store.one(query)
        if row is None:
            raise Problem(404, "target_unknown", "there is nothing of this id to label")
        return row


def event_id(label: str) -> str:
    """Return the id of the event that tells of a label. Callers choose labels' ids, so it must not look like another's."""
    return f"e_l_{label}"


def _event(row: Mapping[str, Any], now: int) -> events.LabelReceived:
    return events.LabelReceived(**row, at_us=now)


def _check(request: LabelRequest) -> None:
    if sum(getattr(request, name) is not None for name in TARGETS) != 1:
        raise Problem(422, "invalid", f"exactly one of {', '.join(TARGETS)}", path="$")
    if not _SOURCE.fullmatch(request.source):
        raise Problem(422, "invalid", "a source is 1 to 64 letters, digits or _ . : -", path="$.source")
    if request.id is not None and not _ID.fullmatch(request.id):
        raise Problem(422, "invalid", "an id is 1 to 32 letters, digits or _ . : -", path="$.id")
    if request.subject is not None and not 0 < len(request.subject) <= 256:
        raise Problem(422, "invalid", "a user id has 1 to 256 characters", path="$.subject")
