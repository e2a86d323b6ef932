"""What a session tells the risk bus, and when: scores every few seconds or on a notable change, a violation once."""

from typing import Final

from collector import events
from collector.bus.base import Event
from collector.sessions import Live, Memory
from signals.types import Assessment

NOTABLE: Final = 0.1
"""A change of risk by this much is told at once."""


def due(live: Live, assessment: Assessment, now_us: int, every_s: float) -> bool:
    """Tell whether the scores are to be published with this batch."""
    if live.published_risk is None or now_us - live.published_us >= every_s * 1_000_000:
        return True
    return abs(assessment.risk - live.published_risk) >= NOTABLE


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
