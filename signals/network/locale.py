"""Do the client's clock and language fit where its address is?

A clock that runs on another time than the address's place is what browser-based anti-fraud looks at first to find proxies and VPNs; a
traveller's laptop that was not set, an expat's language and a border town are why it stays small, and why language only counts together
with the clock. Source: Laperdrix et al., "Browser fingerprinting: a survey", ACM TWEB 2020, on attributes that contradict each other.
"""

from typing import Final

from geo.place import Kind
from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "locale"

DAY_MIN: Final = 1440
NEAR_MIN: Final = 60
FAR_MIN: Final = 180
EXPLAINED: Final = frozenset({Kind.VPN, Kind.TOR, Kind.HOSTING, Kind.PUBLIC_PROXY, Kind.RESIDENTIAL_PROXY, Kind.CDN})
"""Kinds that explain the difference, and have a reason of their own."""
_WORLD: Final = ("en", "c", "posix")


def assess(evidence: Evidence) -> Finding:
    """Return how well they fit. Abstains where either side is unknown."""
    visit, history = evidence.visit, evidence.history
    machine, route = history.machine, history.route
    place = visit.place if visit else route.place
    there = visit.place_offset_min if visit else route.place_offset_min
    own = visit.offset_min if visit and visit.offset_min is not None else machine.utc_offset_min
    language = (visit.language if visit else None) or machine.locale
    if (visit.company if visit else route.company) or place is None:
        return abstain("no_place")
    if own is None or there is None:
        return abstain("no_timezone")
    apart = abs(own - there) % DAY_MIN
    apart = min(apart, DAY_MIN - apart)
    share = 0.5 if place.kind in EXPLAINED else 1.0
    nats = -0.2 if apart < NEAR_MIN else 0.0 if apart == NEAR_MIN else 0.6 if apart <= FAR_MIN else 1.2
    reasons = [Reason("network.timezone", f"The client's clock and its address are {apart / 60:.1f} h apart.", share * nats)]
    if nats > 0.0 and _foreign(language, place.country):
        reasons.append(Reason("network.language", f"The client speaks {language}, its address is in {place.country}.", share * 0.4))
    return found(reasons, 1.0, {"apart_min": float(apart)})


def _foreign(language: str | None, country: str | None) -> bool:
    """Tell whether a locale such as `de_DE.UTF-8` names another country. English is spoken everywhere."""
    if not language or not country:
        return False
    parts = language.split(".")[0].replace("_", "-").split("-")
    return parts[0].lower() not in _WORLD and len(parts[-1]) == 2 and len(parts) > 1 and parts[-1].upper() != country.upper()
