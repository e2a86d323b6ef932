"""Where a person behind an address is, if the address says anything about that."""

from typing import Final

from geo.place import Kind, Place
from geo.travel import Fix, distance_km, fix

CARRIER_KM: Final = 800.0
"""A phone surfaces at one of its carrier's few gateways, hundreds of km from where it is (Xu et al., "Cellular Data Network
Infrastructure Characterization", SIGMETRICS 2011): this much is added to the radius of a cellular address."""
ELSEWHERE: Final = frozenset(
    {
        Kind.VPN,
        Kind.TOR,
        Kind.RELAY,
        Kind.HOSTING,
        Kind.CDN,
        Kind.CRAWLER,
        Kind.PUBLIC_PROXY,
        Kind.RESIDENTIAL_PROXY,
        Kind.SATELLITE,
        Kind.RESERVED,
    }
)
"""Kinds whose location is that of an exit or a ground station, not of a person."""
SHARED: Final = frozenset({Kind.CELLULAR, Kind.RELAY, Kind.SATELLITE, Kind.BUSINESS, Kind.CDN})
"""Kinds where many people behind one address are what one expects."""
SAME_KM: Final = 100.0
"""Circles that are no further apart than this may be one place."""


def located(place: Place | None, company: bool = False) -> Fix | None:
    """Return where a person behind this address is, or None where it says nothing about that."""
    if place is None or company or place.kind in ELSEWHERE:
        return None
    return fix(place, CARRIER_KM if place.kind is Kind.CELLULAR else 0.0)


def together(a: Fix, b: Fix) -> bool:
    """Tell whether two circles may be one place: the centre of one lies in the other, give or take SAME_KM."""
    return distance_km(a, b) <= max(a.radius_km, b.radius_km) + SAME_KM
