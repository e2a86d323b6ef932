"""How likely this visit is if it is this person's, against everybody's: the model of Freeman et al. (NDSS 2016), as Wiefling et al. use it.

For each step of a path (country, then network in that country, ...) the evidence is log of p(value | attacker) / p(value | person):

- the person's habits are counts, smoothed towards everybody's: (n + a g) / (N + a), a Dirichlet prior (MacKay and Peto, "A
Hierarchical Dirichlet Language Model", 1995). `a` grows with how often this very person showed new values before (Witten and Bell,
"The Zero-Frequency Problem", 1991), so somebody who is always elsewhere is not alarming elsewhere again;
- an attacker either comes as anybody would (g, from everybody's visits) or copies the victim's value (`Level.copied`). So a known country
  calms a little, a known device a lot, and nothing calms without bound.

A step below a value that is new for this person says nothing more: its likelihood is everybody's in both cases.
"""

import math
from collections.abc import Mapping
from typing import Final

from geo.place import Kind
from signals.drift.features import ADDRESS, PREFIX, Step, steps
from signals.drift.journey import HOURS, Journey, Tally, hour, load, weight
from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason
from signals.visit import Visit

NAME: Final = "likelihood"

NOVELTY: Final = 0.5
"""How much each new value of the past adds to the readiness for another."""
SMOOTHING: Final = 20.0
"""Visits of everybody's that a level's base is worth."""
HOUR_SMOOTHING: Final = 12.0
"""Visits that an even spread over the day is worth."""
HOUR_COPIED: Final = 0.6
"""Share of attackers who keep their victim's hours."""
ROTATES: Final = 10.0
"""How much readier people show a new range or address where these change by themselves: behind carriers, relays and VPN exits (Richter et
al., "A Multi-perspective Analysis of Carrier-Grade NAT Deployment", IMC 2016)."""
PASSING: Final = frozenset({Kind.CELLULAR, Kind.RELAY, Kind.SATELLITE, Kind.VPN, Kind.CDN})
MEANINGFUL: Final = 0.05

_NEVER: Final = Tally()
_WORDS: Final = {
    "country": ("A country", "This country"),
    "network": ("A network", "This network"),
    "prefix": ("An address range", "This address range"),
    "address": ("An address", "This address"),
    "os": ("An operating system", "This operating system"),
    "browser": ("A browser", "This browser"),
    "device": ("A device", "This device"),
}


def assess(evidence: Evidence) -> Finding:
    """Return the log-likelihood ratio of the current visit. Abstains where there is no visit, or no journey to compare with."""
    if evidence.visit is None or evidence.subject is None:
        return abstain("no_subject")
    journey = load(evidence.subject.journey)
    if journey.visits <= 0.0:
        return abstain("first_visit")
    visit = evidence.visit
    now = weight(visit.at_us)
    place = visit.place
    passing = visit.company or (place is not None and place.kind in PASSING)
    reasons = [
        _reason(
            step,
            ROTATES if passing and step.level in (PREFIX, ADDRESS) else 1.0,
            journey.tallies.get(step.key, _NEVER),
            journey.tallies.get(step.parent, _NEVER),
            now,
            evidence.surroundings.common,
        )
        for step in steps(visit)
        if step.known
    ]
    reasons.append(_hour(journey, visit, now))
    visits = journey.visits / now
    return found(
        (reason for reason in reasons if abs(reason.contribution) >= MEANINGFUL),
        visits / (visits + 3.0),
        {"visits": visits},
    )


def _reason(step: Step, eager: float, tally: Tally, parent: Tally, now: float, common: Mapping[str, float]) -> Reason:
    level = step.level
    seen, times = tally.weight / now, parent.weight / now
    readiness = level.fresh * eager + NOVELTY * max(0.0, parent.fresh / now - 1.0)
    everybody = share(step, common)
    person = (seen + readiness * everybody) / (times + readiness)
    contribution = math.log((1.0 - level.copied) * everybody / person + level.copied)
    new, known = _WORDS[level.name]
    if tally is _NEVER:
        return Reason(f"drift.new_{level.name}", f"{new} that this account was not seen with in about {times:.0f} visits.", contribution)
    return Reason(f"drift.known_{level.name}", f"{known} was seen in {seen:.1f} of about {times:.1f} visits of this account.", contribution)


def share(step: Step, common: Mapping[str, float]) -> float:
    """Return how common the step's value is among everybody's visits that share the step before."""
    total = common.get(step.parent.hex(), 0.0)
    return (common.get(step.key.hex(), 0.0) + SMOOTHING * step.level.base) / (total + SMOOTHING)


def _hour(journey: Journey, visit: Visit, now: float) -> Reason:
    """An hour counts with half of each neighbour: habits are not that sharp."""
    at = hour(visit.at_us)
    hours = journey.hours
    near = hours[at] / 2 + (hours[(at - 1) % HOURS] + hours[(at + 1) % HOURS]) / 4
    person = (near / now + HOUR_SMOOTHING / HOURS) / (journey.visits / now + HOUR_SMOOTHING)
    contribution = math.log((1.0 - HOUR_COPIED) / HOURS / person + HOUR_COPIED)
    return Reason("drift.hour", f"{person:.0%} of this account's visits are expected around {at}:00 UTC.", contribution)
