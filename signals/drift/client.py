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
_FAMILIES: Final = (
    ("win", "Windows"),
    ("darwin", "macOS"),
    ("mac", "macOS"),
    ("android", "Android"),
    ("ios", "iOS"),
    ("linux", "Linux"),
    ("cros", "ChromeOS"),
)


def assess(evidence: Evidence) -> Finding:
    """Return how well the two agree. Abstains where either is not told."""
    visit = evidence.visit
    real = visit.client_os if visit is not None and visit.client_os else family(evidence.history.machine.os)
    if visit is None or visit.os is None or real is None:
        return abstain("not_reported")
    claimed = visit.os
    if claimed == real:
        return found([Reason("drift.same_system", f"The browser and the game client both run on {real}.", SAME)])
    nats = DIFFERENT if claimed in SAME_DESK and real in SAME_DESK else PHONE_BESIDE
    return found([Reason("drift.other_system", f"The browser says that it runs on {claimed}, the game client runs on {real}.", nats)])


def family(os: str | None) -> str | None:
    """Return the family of a system as platforms name themselves (`Linux`, `Darwin`, `win32`), None where it is none of the known."""
    name = (os or "").lower()
    return next((word for start, word in _FAMILIES if name.startswith(start)), None)
