"""Do the addresses that one session came through agree with one another?

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
MOST: Final = 2.0


def assess(evidence: Evidence) -> Finding:
    """Return how much the session's addresses disagree. Abstains before the first address."""
    stays = evidence.history.route.stops
    if not stays:
        return abstain("no_address")
    telling = [stay for stay in stays if stay.kind not in QUIET]
    networks = {stay.asn for stay in telling if stay.asn}
    countries = {stay.country for stay in telling if stay.country}
    reasons = (
        Reason(
            "network.many_networks", f"{len(networks)} networks in one session.", min(MOST, 0.6 * max(0, len(networks) - FREE_NETWORKS))
        ),
        Reason(
            "network.many_countries",
            f"Addresses of {len(countries)} countries in one session.",
            min(MOST, 1.0 * max(0, len(countries) - 1)),
        ),
    )
    return found(reasons, 1.0, {"networks": len(networks), "countries": len(countries), "switches": evidence.history.route.switches})
