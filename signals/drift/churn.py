"""Countries, networks and address ranges that are new for somebody, counted over the last hour and the last day.

One new country in a day is a journey, three are not. What the person was seen with before yesterday is not new, however often it comes
and goes, and a visit to a known place calms what went before it. Addresses of carriers, relays and company networks change by
themselves. Source: the features of Freeman et al., "Who are you?", NDSS 2016, as counts; how much they say is judged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from signals.drift.journey import DAY_US, Journey, Stop, load, stop
from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "churn"

HOUR_US: Final = DAY_US // 24
MOST: Final = 4.0
AT_HOME: Final = 0.25
"""Share that is left at a visit that is itself nothing new."""
PASSING: Final = frozenset({"cellular", "relay", "satellite", "company"})
EXITS: Final = frozenset({"vpn", "relay", "tor", "hosting", "cdn", "public_proxy", "residential_proxy", "company", "satellite"})


@dataclass(frozen=True, slots=True)
class Churn:
    """One thing that changes: how many new ones an hour and a day may bring, and the nats of each more. `passing` kinds don't count."""

    what: Literal["country", "network", "prefix"]
    words: str
    free_hour: int
    free_day: int
    nats: float
    passing: frozenset[str]


CHURNS: Final = (
    Churn("country", "countries", 1, 2, 1.2, EXITS),
    Churn("network", "networks", 2, 3, 0.5, PASSING),
    Churn("prefix", "address ranges", 3, 6, 0.25, PASSING),
)


def assess(evidence: Evidence) -> Finding:
    """Return the evidence of the subject's churn, or the device's where no subject is named. Abstains without either."""
    visit = evidence.visit
    stored = evidence.subject.journey if evidence.subject is not None else evidence.device.journey
    if visit is None or not stored:
        return abstain("no_journey")
    journey, here = load(stored), stop(visit)
    recent = [past for past in (*journey.trail, here) if 0 <= here.at_us - past.at_us <= DAY_US]
    familiar = _known(journey, here.country, here.at_us) and _known(journey, here.network, here.at_us)
    reasons = [_reason(churn, journey, recent, here.at_us, AT_HOME if familiar else 1.0) for churn in CHURNS]
    total = math.fsum(reason.contribution for reason in reasons)
    if total > MOST:
        reasons = [Reason(reason.name, reason.detail, reason.contribution * MOST / total) for reason in reasons]
    return found(reasons, min(1.0, len(recent) / 4.0), {"visits_a_day": float(len(recent))})


def _reason(churn: Churn, journey: Journey, recent: Sequence[Stop], now_us: int, share: float) -> Reason:
    values = [(past.at_us, getattr(past, churn.what)) for past in recent if past.kind not in churn.passing]
    new = [(at_us, key) for at_us, key in values if key and not _known(journey, key, now_us)]
    a_day = len({key for _, key in new})
    an_hour = len({key for at_us, key in new if now_us - at_us <= HOUR_US})
    more = max(0, a_day - churn.free_day) + max(0, an_hour - churn.free_hour)
    detail = f"{a_day} {churn.words} within a day, {an_hour} of them within an hour, that this account was not seen with before."
    return Reason(f"drift.{churn.what}_churn", detail, share * churn.nats * more)


def _known(journey: Journey, key: bytes, now_us: int) -> bool:
    """Tell whether this was seen already a day ago."""
    tally = journey.tallies.get(key)
    return tally is not None and tally.first_us < now_us - DAY_US
