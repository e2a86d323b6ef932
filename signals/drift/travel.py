"""Impossible travel: nobody gets from where the last visit came from to where this one comes from in that time.

Both accuracy radii come off the distance first. Exits (VPN, relay, Tor, hosting, company networks) say nothing about where a person is
and are passed over; a phone is somewhere within its carrier's reach. One record of a database may be wrong, so a single address counts
for little until an address of another network range confirms where it puts the person, and a place that the person is known to
frequent calms. Source: the limit is what airliners fly; vendor documents call the idea "atypical travel" (Microsoft Entra ID Protection).
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from geo.place import Kind
from geo.travel import Fix, gap_km, speed_kmh
from signals.drift.journey import DAY_US, Journey, Stop, load, stop, weight
from signals.finding import abstain, found
from signals.network.route import Route
from signals.types import Evidence, Finding, Reason
from signals.whereabouts import together

NAME: Final = "travel"

SLACK_KM: Final = 100.0
"""Shorter gaps are errors of the look-up, not travel."""
SLOPE: Final = 1.5
"""Nats for each e-fold of the speed above the limit."""
ONE_RECORD: Final = 2.0
"""The most that a place says that only one network range vouches for."""
CONFIRMED: Final = 4.0
RECENT_US: Final = 2 * DAY_US
"""Stops longer ago say nothing: everywhere on Earth is within two days."""
KNOWN_AFTER_US: Final = DAY_US
"""A place counts as known from the day after its first visit on."""


@dataclass(frozen=True, slots=True)
class Hop:
    """From one stop to the next: the least distance in km, the time in s, and whether somebody else vouches for both ends."""

    km: float
    seconds: float
    confirmed: bool
    calm: float = 1.0
    """1 for a place never seen, towards 0 for one that the person frequents."""

    @property
    def kmh(self) -> float:
        """The least speed."""
        return speed_kmh(self.km, self.seconds)


def assess(evidence: Evidence) -> Finding:
    """Return the evidence of the fastest hop: of the session's own, the subject's and the device's."""
    hops = session_hops(evidence.history.route)
    if evidence.visit is not None:
        here = stop(evidence.visit)
        journeys = [evidence.device.journey, evidence.subject.journey if evidence.subject else b""]
        for journey in journeys:
            hops += journey_hops(load(journey), here)
    if not hops:
        return abstain("nowhere_before")
    judged = [(contribution(hop, evidence.speed_limit_kmh), hop) for hop in hops]
    value, hop = max(judged, key=lambda pair: pair[0])
    doubt = "" if hop.confirmed else ", if one record is right"
    detail = f"At least {hop.km:.0f} km in {_span(hop.seconds)}, that is {hop.kmh:.0f} km/h{doubt}."
    return found([Reason("drift.impossible_travel", detail, value)], 1.0 if hop.confirmed else 0.5, {"km": hop.km, "kmh": hop.kmh})


def contribution(hop: Hop, limit_kmh: float) -> float:
    """Return nats for a hop: 0 up to the limit, rising with the speed, bounded."""
    if hop.km <= SLACK_KM or hop.kmh <= limit_kmh:
        return 0.0
    return hop.calm * min(CONFIRMED if hop.confirmed else ONE_RECORD, SLOPE * math.log(hop.kmh / limit_kmh))


def journey_hops(journey: Journey, here: Stop) -> list[Hop]:
    """Return the hop from the last located stop of a journey; none where either end is unknown, or too long ago."""
    where = here.fix
    before = [past for past in journey.trail if past.fix is not None and abs(here.at_us - past.at_us) <= RECENT_US]
    if where is None or not before:
        return []
    last = before[-1]
    origin = last.fix
    assert origin is not None
    if _same(last.address, here.address) or _same(last.prefix, here.prefix) or _one_carrier(last, here):
        return [Hop(0.0, _seconds(last, here), True)]
    confirmed = _vouched(before, here, where) and _vouched(before, last, origin)
    return [Hop(gap_km(origin, where), _seconds(last, here), confirmed, _calm(journey, where, here.at_us))]


def session_hops(route: Route) -> list[Hop]:
    """Return the hops between the addresses of one session, each from when the one was last seen to when the other was first seen."""
    stops = route.stops
    hops = []
    for earlier, later in pairwise(stops):
        origin, where = earlier.fix, later.fix
        if origin is None or where is None:
            continue
        if earlier.prefix == later.prefix or (earlier.asn and earlier.asn == later.asn and earlier.kind == later.kind == Kind.CELLULAR):
            continue
        seconds = max(0.0, (later.first_us - earlier.last_us) / 1e6)
        others = [other for other in stops if other.prefix not in (earlier.prefix, later.prefix)]
        confirmed = any(other.fix is not None and together(where, other.fix) for other in others)
        hops.append(Hop(gap_km(origin, where), seconds, confirmed))
    return hops


def _seconds(last: Stop, here: Stop) -> float:
    return abs(here.at_us - last.at_us) / 1e6


def _one_carrier(last: Stop, here: Stop) -> bool:
    """Between the gateways of one carrier nobody moves."""
    return last.kind == here.kind == Kind.CELLULAR and _same(last.network, here.network)


def _same(key: bytes, other: bytes) -> bool:
    return bool(key) and key == other


def _vouched(trail: list[Stop], visit: Stop, where: Fix) -> bool:
    """Another network range put the person there too, lately."""
    return any(past.prefix != visit.prefix and past.fix is not None and together(where, past.fix) for past in trail)


def _calm(journey: Journey, where: Fix, at_us: int) -> float:
    """A second visit to a known place leaves half, a tenth a tenth."""
    now = weight(at_us)
    known = sum(spot.weight / now for spot in journey.spots if spot.first_us <= at_us - KNOWN_AFTER_US and together(where, spot.fix))
    return 1.0 / (1.0 + known)


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
