"""How many people and devices came through this address and its neighbourhood within a day.

A household shares an address, so does a company, and a carrier puts thousands behind one (RFC 6598, RFC 6888; Richter et al., "A
Multi-perspective Analysis of Carrier-Grade NAT Deployment", IMC 2016). So numbers count only where they do not belong: on what should
be a home connection.
"""

import math
from typing import Final

from geo.place import Kind
from signals.finding import abstain, found
from signals.types import NOT_APPLICABLE, Evidence, Finding, Reason
from signals.whereabouts import ELSEWHERE, SHARED

NAME: Final = "sharing"

HOUSEHOLD: Final = 8.0
"""People (and devices: thrice as many) that one home may have."""
DEVICES: Final = 24.0
UNKNOWN: Final = 8.0
"""Where the kind is unknown the address may be a carrier's: so many times more are allowed."""
NEIGHBOURS: Final = 128.0
"""People on one /24 (or /48) of homes."""


def assess(evidence: Evidence) -> Finding:
    """Return how crowded the address is for its kind. Abstains where crowds are normal or nobody counts."""
    visit, route = evidence.visit, evidence.history.route
    place = visit.place if visit else route.place
    around = evidence.surroundings
    kind = place.kind if place else Kind.UNKNOWN
    if kind in SHARED or kind in ELSEWHERE or (visit.company if visit else route.company):
        return abstain(NOT_APPLICABLE)
    if around.subjects_on_address + around.devices_on_address + around.subjects_on_prefix <= 0.0:
        return abstain("nobody_counted")
    room = 1.0 if kind is Kind.RESIDENTIAL else UNKNOWN
    people, devices, neighbours = around.subjects_on_address, around.devices_on_address, around.subjects_on_prefix
    reasons = (
        Reason("network.crowded_address", f"{people:.0f} people on one address within a day.", _excess(people, room * HOUSEHOLD, 0.6, 1.8)),
        Reason("network.device_farm", f"{devices:.0f} devices on one address within a day.", _excess(devices, room * DEVICES, 0.6, 1.8)),
        Reason(
            "network.crowded_prefix",
            f"{neighbours:.0f} people in one address range within a day.",
            _excess(neighbours, room * NEIGHBOURS, 0.3, 0.9),
        ),
    )
    return found(reasons, 1.0 if kind is Kind.RESIDENTIAL else 0.5, {"people": people, "devices": devices, "neighbours": neighbours})


def _excess(count: float, room: float, slope: float, most: float) -> float:
    """Return nats: 0 up to `room`, then `slope` for each e-fold."""
    return min(most, slope * math.log(count / room)) if count > room else 0.0
