"""What is known about a request for a decision: whose session its token is of, that session's device, the subject, and the visit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from sqlalchemy import bindparam, select

from collector import session_token, subjects, surroundings
from collector.decision import DecisionRequest
from collector.places import Places
from collector.policy.situation import Presence
from collector.problems import Problem
from collector.secrets import Secrets
from collector.sessions import Sessions, remembered
from collector.store.base import Read, Store
from collector.store.tables import batches, devices, sessions
from collector.subjects import Subject
from collector.visits import visit_of
from signals.history import EMPTY, History
from signals.types import DeviceMemory, Surroundings
from signals.visit import Visit

_PRESENCE: Final = {
    "unknown_session": "unknown",
    "session_expired": "over",
    "token_expired": "token_expired",
    "token_invalid": "token_invalid",
}
"""States by the problem that the session or its token has."""
_DEVICE: Final = select(devices).where(devices.c.id == bindparam("of"))
_HELLO_FROM: Final = select(sessions.c.address).where(sessions.c.id == bindparam("of"))
_BATCH_FROM: Final = select(batches.c.address).where(batches.c.session == bindparam("of")).order_by(batches.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Known:
    """What the store says about a request."""

    presence: Presence
    session: str | None = None
    device: str | None = None
    memory: DeviceMemory | None = None
    history: History = EMPTY
    subject: Subject | None = None
    visit: Visit | None = None
    """None where no address is known, neither from the operator nor from the session."""
    borrowed: bool = False
    """The visit's address is the one that the session's newest batch came from, as the operator named none."""
    surroundings: Surroundings = field(default_factory=Surroundings)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Finds out what is known."""

    secrets: Secrets
    store: Store
    sessions: Sessions
    places: Places

    async def about(self, request: DecisionRequest, now_us: int) -> Known:
        """Return what is known about a request: who asks to be let in, with what session, from where. Raises Problem `invalid`."""
        known = await self._session(request.token, now_us)
        fallback = await self._address(known.session) if known.session and request.context.get("ip") is None else None
        visit = visit_of(request.context, known.device, now_us, self.places, self.secrets, fallback)
        id = None if request.user is None else self.secrets.pseudonym(request.user)
        rows = await self.store.many(
            # read anew: another session of the device may have shown since that somebody holds a copy of it
            Read(_DEVICE, {"of": known.device or ""}),
            subjects.asked(id or ""),
            *([] if visit is None else surroundings.asked(visit)),
        )
        return replace(
            known,
            memory=None if known.device is None else remembered(cast("Mapping[str, Any] | None", rows[0][0] if rows[0] else None)),
            subject=None if id is None else subjects.recalled(id, rows[1]),
            visit=visit,
            borrowed=visit is not None and fallback is not None,
            surroundings=Surroundings() if visit is None else surroundings.told(visit, rows[2:]),
        )

    async def _session(self, token: str | None, now_us: int) -> Known:
        if not token:
            return Known(Presence("missing"))
        try:
            session = session_token.verify(self.secrets, token, now_us)
            live = await self.sessions.current(session)
        except Problem as problem:
            if problem.code not in _PRESENCE:
                raise
            return Known(Presence(_PRESENCE[problem.code]))
        presence = Presence("ok", live.seq, (now_us - live.session.created_us) / 1e6)
        return Known(presence, session, live.session.device, history=live.memory.history)

    async def _address(self, session: str) -> str | None:
        """Return the address of the session's newest batch, or of its hello."""
        batch, hello = await self.store.many(Read(_BATCH_FROM, {"of": session}), Read(_HELLO_FROM, {"of": session}))
        return next((row["address"] for row in (*batch, *hello)), None)
