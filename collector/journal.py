"""What an accepted batch writes, as statements that commits share: the body as sent, sometimes scores, events, a snapshot."""

from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, insert, update

from collector.edge import Sent, journal_encoding
from collector.memory import Memory, frozen
from collector.sessions import Live
from collector.store.base import Write
from collector.store.tables import batches, scores, sessions, snapshots
from signals.types import Assessment

# One object for each statement: a commit runs the rows of all its callers through it together.
_BATCH: Final = insert(batches)
_SCORE: Final = insert(scores)
_FIRST_SNAPSHOT: Final = insert(snapshots)
_SNAPSHOT: Final = update(snapshots).where(snapshots.c.session == bindparam("of")).values(seq=bindparam("at"), history=bindparam("frozen"))
_FOLDED: Final = (
    update(sessions).where(sessions.c.id == bindparam("of"), sessions.c.folded == bindparam("was")).values(folded=bindparam("upto"))
)


def batch(live: Live, seq: int, digest: bytes, sent: Sent, address: str, arrived_us: int) -> Write:
    """Return the write that appends a batch. Its key (session, number) is what two collectors race for: Conflict for who comes second."""
    row: dict[str, Any] = {
        "session": live.session.id,
        "seq": seq,
        "digest": digest,
        "body": sent.body,
        "encoding": journal_encoding(sent),
        "address": address or None,
        "arrived_us": arrived_us,
    }
    return Write(_BATCH, [row])


def folded(live: Live, seq: int) -> Write:
    """Return the write that says up to which batch a session's input was looked through. Conflict if another has looked meanwhile."""
    return Write(_FOLDED, [{"of": live.session.id, "was": live.folded, "upto": seq}], expect=1)


def score(live: Live, seq: int, assessment: Assessment, at_us: int) -> Write:
    """Return the write that keeps an assessment with its reasons."""
    row: dict[str, Any] = {
        "session": live.session.id,
        "device": live.session.device,
        "seq": seq,
        "risk": assessment.risk,
        "body": msgspec.json.encode(assessment),
        "at_us": at_us,
    }
    return Write(_SCORE, [row])


def snapshot(live: Live, seq: int, memory: Memory) -> Write:
    """Return the write that makes this the session's snapshot."""
    if live.snapshot_seq:
        return Write(_SNAPSHOT, [{"of": live.session.id, "at": seq, "frozen": frozen(memory)}])
    return Write(_FIRST_SNAPSHOT, [{"session": live.session.id, "seq": seq, "history": frozen(memory)}])
