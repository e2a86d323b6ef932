"""What kind of network an address is in, as the configured databases say. Each kind has a reason of its own.

The contributions are judged: traffic of bots and of account thieves comes from hosting, open proxies and Tor some thirty times and
more as often as players do (half of it against one or two in a hundred), while about every fourth internet user runs a commercial VPN
(GWI, "VPN users around the world"), which so says little. A privacy relay hides the address, not the country, and is run for ordinary
customers. Carrier NAT is how most phones reach the internet.
"""

import math
from typing import Final

from geo.place import Kind, Place
from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "kind"

CONTRIBUTIONS: Final[dict[Kind, tuple[float, str]]] = {
    Kind.TOR: (4.2, "Comes out of a Tor exit"),
    Kind.PUBLIC_PROXY: (3.8, "Comes through an open proxy"),
    Kind.HOSTING: (3.6, "Comes from a hosting network, where servers are and players are not"),
    Kind.CRAWLER: (3.5, "Comes from a crawler's network"),
    Kind.RESIDENTIAL_PROXY: (2.6, "Comes through somebody's home connection that is sold as a proxy"),
    Kind.VPN: (0.8, "Comes through a commercial VPN"),
    Kind.CDN: (0.5, "Comes from a content network"),
    Kind.RELAY: (0.1, "Comes through a privacy relay"),
    Kind.SATELLITE: (0.0, "Comes over a satellite"),
    Kind.CELLULAR: (-0.1, "Comes from a mobile carrier"),
    Kind.BUSINESS: (-0.1, "Comes from a business network"),
    Kind.RESIDENTIAL: (-0.2, "Comes from a home connection"),
}
KNOWN_COMPANY: Final = -0.2
ONE_SOURCE: Final = 0.9
"""Confidence in a kind that one file alone says."""


def assess(evidence: Evidence) -> Finding:
    """Return the weightier reason of both addresses, the login's and the game's. Abstains without a file that knows kinds."""
    visit, route = evidence.visit, evidence.history.route
    findings = [_judged(route.place, route.company)]
    if visit is not None:
        findings.append(_judged(visit.place, visit.company))
    return max(findings, key=lambda finding: -math.inf if finding.evidence is None else finding.evidence)


def _judged(place: Place | None, company: bool) -> Finding:
    if company:
        return found([Reason("network.company", "Comes from a company network that is known.", KNOWN_COMPANY)])
    if place is None or (not place.sources and place.kind is Kind.UNKNOWN):
        return abstain("no_database")
    if place.kind not in CONTRIBUTIONS:
        return abstain("unknown_kind")
    nats, words = CONTRIBUTIONS[place.kind]
    confidence = 1.0 if place.provider or len(place.sources) > 1 else ONE_SOURCE
    name = place.provider or place.org
    detail = f"{words} ({name})." if name else f"{words}."
    return found([Reason(f"network.{place.kind.value}", detail, nats * confidence)], confidence)
