"""When a session is scored, and what it tells the risk bus: its scores every few seconds, a violation once.

Scoring costs more than all else that a batch does, and most batches change little. So a session is scored with its first batch, with one
that says something of the machine, the process or the assets, and else every `score_seconds`. A decision scores it afresh in any case.
"""

from collector import events
from collector.bus.base import Event
from collector.memory import Memory
from collector.sessions import Live
from signals.types import Assessment
from wire.schema import Batch


def due(live: Live, batch: Batch, memory: Memory, now_us: int, every_s: float) -> bool:
    """Tell whether the session is to be scored with this batch."""
    if now_us - live.scored_us >= every_s * 1_000_000 or batch.facts or batch.integrity:
        return True
    return memory.ledger.violations != live.memory.ledger.violations


def outgoing(live: Live, memory: Memory, assessment: Assessment | None, seq: int, now_us: int) -> list[Event]:
    """Return the events that a batch causes: new violations, and the scores if they are given."""
    session = live.session
    found: list[Event] = []
    if memory.ledger.violations != live.memory.ledger.violations or (seq == 1 and memory.ledger.violations):
        found.append(
            events.encode(
                events.IntegrityViolated(
                    device=session.device,
                    session=session.id,
                    seq=seq,
                    game=session.game,
                    build=session.build,
                    violations=memory.ledger.violations,
                    at_us=now_us,
                    paths=events.names(memory.ledger.paths),
                )
            )
        )
    if assessment is not None:
        found.append(
            events.device_scored(
                assessment, device=session.device, session=session.id, seq=seq, game=session.game, build=session.build, at_us=now_us
            )
        )
    return found
