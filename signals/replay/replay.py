"""Was this input played before, by somebody else?

Sources: bench/replay.py measures how near stretches of different people come, and how near a replay stays to its recording;
Gianvecchio et al., "Battle of Botcraft", CCS 2009, on bots that play recorded human input. Nobody repeats seventy pauses of another
person to a few hundredths of a second. People do have habits: what the same device or the same subject did before counts only when it
comes again at length, as a macro does.
"""

from typing import Final

from signals.finding import abstain, found
from signals.replay.sketch import AFTER, AROUND
from signals.replay.tail import merged
from signals.types import Evidence, Finding, Reason

NAME: Final = "replay"

STRANGER: Final = 6.0
"""Nats for the first stretch: at most one fresh window in 10,000 is near another's (measured), one bot in ten replays (judged)."""
FURTHER: Final = 0.5
MOST: Final = 4
OWN_AT: Final = 4
"""Stretches from which one's own recording is a macro."""
OWN: Final = 0.5
OWN_MOST: Final = 4
ENOUGH: Final = 100
"""Intervals in which a replay is found nearly always."""


def assess(evidence: Evidence) -> Finding:
    """Return evidence of a replay; abstains until a channel has intervals enough for one stretch."""
    part = evidence.history.replay
    looked_at = max(tail.seen for tail in part.tails)
    recognised = merged(part.recognised, evidence.replays) if evidence.replays else part.recognised
    if looked_at < AROUND + 1 + AFTER and not recognised:
        return abstain("too_few_events", {"intervals": float(looked_at)})
    strangers = [one for one in recognised if not one.own]
    own = max((one.stretches for one in recognised if one.own), default=0)
    reasons = []
    if strangers:
        best = strangers[0]
        weight = STRANGER + FURTHER * min(MOST, best.stretches - 1)
        detail = f"{best.stretches} stretches of input are those of somebody else's session, played again."
        reasons.append(Reason("timing.replay", detail, weight))
    elif own >= OWN_AT:
        detail = f"{own} stretches of input repeat an earlier session of the same player, as a macro does."
        reasons.append(Reason("timing.own_replay", detail, OWN * min(OWN_MOST, own - OWN_AT + 1)))
    features = {"intervals": float(looked_at), "strangers": float(len(strangers)), "own": float(own)}
    return found(reasons, 1.0 if reasons else min(1.0, looked_at / ENOUGH), features)
