"""Did the device and the address change together within one round of the game?

A player who loses the connection comes back with the same device, or from the same address. Both at once in the middle of a round is
a handover: a bot's session moved to another machine, or an account that is played by two. How much it says is judged.
"""

from typing import Final

from signals.drift.journey import DAY_US, Stop, load, stop
from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "swap"

SWAPPED: Final = 3.0
AGAIN: Final = 0.5
MOST: Final = 4.5


def assess(evidence: Evidence) -> Finding:
    """Return the evidence of such changes, within the session and between the subject's visits. Abstains where no round was played."""
    route = evidence.history.route
    visit = evidence.visit
    if not route.round and (visit is None or visit.round is None):
        return abstain("no_round")
    swaps = route.swaps
    if visit is not None and visit.round is not None and evidence.subject is not None:
        here = stop(visit)
        swaps += sum(_swapped(past, here) for past in load(evidence.subject.journey).trail)
    if not swaps:
        return found([])
    nats = min(MOST, SWAPPED + AGAIN * (swaps - 1))
    return found([Reason("drift.swapped_in_round", "The device and the address changed together within one round.", nats)])


def _swapped(past: Stop, here: Stop) -> bool:
    """The same round, lately, with both known on both sides and both different."""
    return (
        past.round == here.round != b""
        and abs(here.at_us - past.at_us) <= DAY_US
        and bool(past.device and here.device and past.prefix and here.prefix)
        and past.device != here.device
        and past.prefix != here.prefix
    )
