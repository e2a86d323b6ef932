"""Does the browser that logs in say that it runs on the machine that plays?

The game client reads its operating system off the machine; the browser names its own in the User-Agent (RFC 9110, section 10.1.5). A
player may log in on the phone beside the PC, so a difference is weak; a login that claims to come out of the game itself has no such
excuse, but nobody can tell from here.
"""

from typing import Final

from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "client"

DIFFERENT: Final = 1.2
SAME_DESK: Final = frozenset({"Windows", "macOS", "Linux", "ChromeOS"})
"""Nobody has two of these on one desk by chance as often as a phone and one of these."""
PHONE_BESIDE: Final = 0.5
SAME: Final = -0.1


def assess(evidence: Evidence) -> Finding:
    """Return how well the two agree. Abstains where either is not told."""
    visit = evidence.visit
    if visit is None or visit.os is None or visit.client_os is None:
        return abstain("not_reported")
    claimed, real = visit.os, visit.client_os
    if claimed == real:
        return found([Reason("drift.same_system", f"The browser and the game client both run on {real}.", SAME)])
    nats = DIFFERENT if claimed in SAME_DESK and real in SAME_DESK else PHONE_BESIDE
    return found([Reason("drift.other_system", f"The browser says that it runs on {claimed}, the game client runs on {real}.", nats)])
