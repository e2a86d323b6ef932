"""How often an honest clock is called bent, and how often a bent one is found: simulated sessions of a minute, all of them synthetic.

Clocks drift by up to 100 ppm (twice what quartz does). Where the clock is bent, so is the client's wall clock, and by as much: only the
network is left to tell. Delays are drawn by network models whose jitter is 50 ms where it has a size; some have what real links do to
jitter besides.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signals.evaluation.card import Card
from signals.figures import rate
from signals.history import EMPTY
from signals.integrity import clock, clocks
from signals.samples import Rng
from signals.timing.additive import Floats
from signals.types import Evidence, Facts
from wire.schema import ClockPair

ALARM: Final = 3.0
"""Nats of evidence from which a clock counts as called bent."""
LENGTH_S: Final = 60.0
JITTER_S: Final = 0.05
DRIFT: Final = 1e-4
SPEEDS: Final = (1.1, 1.5, 3.0, 0.95)
SMALLEST: Final = 1.05
_EPOCH_US: Final = 1_700_000_000_000_000

Network = Callable[[Rng, Floats], Floats]
"""When batches are sent (s) in, when they arrive (s) out."""


def gaussian(rng: Rng, sent: Floats) -> Floats:
    """A normal delay around 100 ms."""
    return sent + np.abs(0.1 + rng.normal(0.0, JITTER_S, len(sent)))


def uniform(rng: Rng, sent: Floats) -> Floats:
    """Between 20 and 120 ms."""
    return sent + 0.02 + rng.uniform(0.0, 2.0 * JITTER_S, len(sent))


def exponential(rng: Rng, sent: Floats) -> Floats:
    """A queue with random arrivals (M/M/1): 50 ms on average over 30 ms."""
    return sent + 0.03 + rng.exponential(JITTER_S, len(sent))


def lognormal(rng: Rng, sent: Floats) -> Floats:
    """A median of 50 ms over 20 ms, one in twenty above 260 ms."""
    return sent + 0.02 + rng.lognormal(np.log(JITTER_S), 1.0, len(sent))


def pareto(rng: Rng, sent: Floats) -> Floats:
    """Heavy tails without a variance: one in a hundred above a second."""
    return sent + 0.02 + JITTER_S * rng.pareto(1.5, len(sent))


def retries(rng: Rng, sent: Floats) -> Floats:
    """A bad link: one batch in ten is sent again after 1 to 15 s."""
    return exponential(rng, sent) + np.where(rng.random(len(sent)) < 0.1, rng.uniform(1.0, 15.0, len(sent)), 0.0)


def outage(rng: Rng, sent: Floats) -> Floats:
    """The link is away for 5 to 20 s; what was sent in that time comes at once when it is back."""
    start = rng.uniform(0.0, LENGTH_S * 0.8)
    end = start + rng.uniform(5.0, 20.0)
    away = (sent > start) & (sent < end)
    arrived = exponential(rng, sent)
    arrived[away] = end + 0.05 * np.arange(1, away.sum() + 1)
    return arrived


def handover(rng: Rng, sent: Floats) -> Floats:
    """From one cell or access point to another: the shortest delay changes by up to 300 ms, once."""
    return exponential(rng, sent) + np.where(sent > rng.uniform(0.0, LENGTH_S), rng.uniform(0.0, 0.3), rng.uniform(0.0, 0.3))


def full_queues(rng: Rng, sent: Floats) -> Floats:
    """A download on the same line fills the router's queue (Gettys and Nichols, "Bufferbloat", 2012): to 400 ms, in waves of 5 to 20 s."""
    waves = (sent / rng.uniform(5.0, 20.0) + rng.random()) % 1.0
    return exponential(rng, sent) + rng.uniform(0.0, 0.4) * waves


EVEN: Final[Mapping[str, Network]] = {"gaussian": gaussian, "uniform": uniform, "exponential": exponential, "lognormal": lognormal}
"""Networks that do no more than jitter."""
NETWORKS: Final[Mapping[str, Network]] = {
    **EVEN,
    "pareto": pareto,
    "retries": retries,
    "outage": outage,
    "handover": handover,
    "full queues": full_queues,
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else happens in a session."""

    name: str
    every_s: float = 5.0
    suspended: bool = False
    """Once, for 2 to 600 s: the monotonic clock stands still meanwhile, the wall clock does not."""
    wall_set: bool = False
    """Once, forward or back, by up to a day."""
    tick_us: int = 1
    """Step of both clocks."""


PLAIN: Final = Circumstances("plain")
CIRCUMSTANCES: Final = (
    PLAIN,
    Circumstances("suspended", suspended=True),
    Circumstances("wall clock set", wall_set=True),
    Circumstances("ticks of 15.6 ms", tick_us=15_625),
    Circumstances("batches every second", every_s=1.0),
)


def evaluate_clocks(card: Card, rng: Rng, honest: int, bent: int) -> None:
    """Fill in `honest` sessions over all networks and circumstances, and `bent` ones a row."""
    _honest(card, rng, honest)
    found = {name: _found(rng, SMALLEST, {name: network}, PLAIN, bent) for name, network in NETWORKS.items()}
    card.clocks["x1.05, even networks"] = rate(sum(found[name] for name in EVEN), bent * len(EVEN))
    for name, hits in found.items():
        card.clocks[f"x1.05, {name}"] = rate(hits, bent)
    for speed in SPEEDS:
        card.clocks[f"x{speed:g}, even networks"] = rate(_found(rng, speed, EVEN, PLAIN, bent), bent)
    for circumstances in CIRCUMSTANCES[1:]:
        card.clocks[f"x1.05, even networks, {circumstances.name}"] = rate(_found(rng, SMALLEST, EVEN, circumstances, bent), bent)


def _honest(card: Card, rng: Rng, runs: int) -> None:
    called: dict[str, list[bool]] = {"all": []}
    for run in range(runs):
        name = list(NETWORKS)[run % len(NETWORKS)]
        circumstances = CIRCUMSTANCES[run // len(NETWORKS) % len(CIRCUMSTANCES)]
        alarm = evidence(session(rng, NETWORKS[name], 1.0, circumstances)) >= ALARM
        for row in ("all", name, circumstances.name):
            called.setdefault(row, []).append(alarm)
    order = ("all", *NETWORKS, *(circumstances.name for circumstances in CIRCUMSTANCES))
    card.honest_clocks.update({row: rate(sum(called[row]), len(called[row])) for row in order if row in called})


def _found(rng: Rng, speed: float, networks: Mapping[str, Network], circumstances: Circumstances, runs: int) -> int:
    models = list(networks.values())
    return sum(evidence(session(rng, models[run % len(models)], speed, circumstances)) >= ALARM for run in range(runs))


def session(rng: Rng, network: Network, speed: float, circumstances: Circumstances = PLAIN) -> Iterator[Facts]:
    """Yield the hello and the batches of one session. `speed` scales both of the client's clocks, drift comes on top."""
    sent = np.arange(0.0, LENGTH_S + 1e-9, circumstances.every_s / speed)
    mono = sent * speed * (1.0 + rng.uniform(-DRIFT, DRIFT))
    wall = mono.copy()
    arrived = network(rng, sent)
    if circumstances.suspended:
        asleep = np.where(sent > rng.uniform(0.0, LENGTH_S), rng.uniform(2.0, 600.0), 0.0)
        arrived, wall = arrived + asleep, wall + asleep
    if circumstances.wall_set:
        wall += np.where(sent > rng.uniform(0.0, LENGTH_S), rng.choice((-1.0, 1.0)) * np.exp(rng.uniform(0.0, np.log(86_400.0))), 0.0)
    tick = circumstances.tick_us
    for own, there, told in zip(mono, np.maximum.accumulate(arrived), wall, strict=True):
        pair = ClockPair(int(own * 1e6 + 5e6) // tick * tick, _EPOCH_US + int(told * 1e6) // tick * tick)
        yield Facts(arrived_us=_EPOCH_US + int(there * 1e6), clock=pair)


def evidence(facts: Iterator[Facts]) -> float:
    """Return what the detector says at the end of a session, in nats; 0 where it abstains."""
    part = EMPTY.clocks
    for batch in facts:
        part = clock.learn(part, batch)
    return clocks.assess(Evidence(replace(EMPTY, clocks=part))).evidence or 0.0
