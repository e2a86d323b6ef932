"""Do the addresses that one session came through agree with one another, and with the one that logs in?

A phone that leaves the house goes from its home network to its carrier's; a privacy relay changes its exit. Three networks or two
countries within one session are rotating proxies more often than travel (Chiapponi et al., "BADPASS: Bots Taking ADvantage of Proxy as
a Service", ISPEC 2022, describe such rotation).
"""

from typing import Final

from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "addresses"

QUIET: Final = ("cellular", "relay", "satellite", "company", "cdn")
"""Kinds whose addresses change by themselves."""
FREE_NETWORKS: Final = 2
A_NETWORK: Final = 0.6
A_COUNTRY: Final = 1.0
MOST: Final = 2.0


def assess(evidence: Evidence) -> Finding:
    """Return how much the session's addresses disagree. Abstains before the first address."""
    stays = evidence.history.route.stops
    if not stays:
        return abstain("no_address")
    telling = [stay for stay in stays if stay.kind not in QUIET]
    networks = {stay.asn for stay in telling if stay.asn}
    countries = {stay.country for stay in telling if stay.country}
    many = min(MOST, A_NETWORK * max(0, len(networks) - FREE_NETWORKS))
    abroad = min(MOST, A_COUNTRY * max(0, len(countries) - 1))
    reasons = [
        Reason("network.many_networks", f"{len(networks)} networks in one session.", many),
        Reason("network.many_countries", f"Addresses of {len(countries)} countries in one session.", abroad),
    ]
    visit = evidence.visit
    if visit is not None and visit.place is not None and not visit.company and visit.place.kind not in QUIET and countries:
        login = visit.place.country
        if login is not None and login not in countries:
            detail = f"The login comes from {login}, the game from {', '.join(sorted(countries))}."
            reasons.append(Reason("network.login_elsewhere", detail, A_COUNTRY))
    return found(reasons, 1.0, {"networks": len(networks), "countries": len(countries), "switches": evidence.history.route.switches})
