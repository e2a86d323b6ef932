"""How often an honest clock is called bent, and how often a bent one is found: simulated sessions of a minute, all of them synthetic.

Clocks drift by up to 100 ppm (twice what quartz does). Where the clock is bent, so is the client's wall clock, and by as much: only the
network is left to tell. Delays are drawn by network models whose jitter is 50 ms where it has a size; some have what real links do to
jitter besides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signals.evaluation.card import Card
from signals.figures import Rate, rate, threshold
from signals.history import EMPTY
from signals.integrity import clock, clocks
from signals.samples import Rng
from signals.timing.additive import Floats
from signals.types import Evidence, IntArray

ALARM: Final = 3.0
"""Nats of evidence from which a clock counts as called bent."""
LENGTH_S: Final = 60.0
JITTER_S: Final = 0.05
DRIFT: Final = 1e-4
SMALLEST: Final = (1.05, 0.95)
"""Speeds that are tried on every network."""
SPEEDS: Final = (1.1, 1.5, 3.0)
RARE: Final = 1e-4
AT_RARE: Final = ", at 1 in 10,000"
"""Ends the names of rows at the evidence that a share RARE of honest sessions exceeds, not at ALARM."""
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
    """Fill in `honest` sessions over all networks and circumstances, and `bent` ones a row.

    A bent clock counts as found where it is called bent in production, and again at the evidence that one honest session in ten thousand
    has at most.
    """
    limit = threshold(_honest(card, rng, honest), RARE)
    by_speed: dict[float, Floats] = {}
    for speed in SMALLEST:
        found = {name: _evidence(rng, speed, {name: network}, PLAIN, bent) for name, network in NETWORKS.items()}
        by_speed[speed] = np.concatenate([found[name] for name in EVEN])
        card.clocks.update({f"x{speed:g}, {name}": _called(values) for name, values in found.items()})
    by_speed |= {speed: _evidence(rng, speed, EVEN, PLAIN, bent) for speed in SPEEDS}
    for speed, values in by_speed.items():
        card.clocks[f"x{speed:g}, even networks"] = _called(values)
        card.clocks[f"x{speed:g}, even networks{AT_RARE}"] = rate(int((values > limit).sum()), len(values))
    for circumstances in CIRCUMSTANCES[1:]:
        values = _evidence(rng, SMALLEST[0], EVEN, circumstances, bent)
        card.clocks[f"x{SMALLEST[0]:g}, even networks, {circumstances.name}"] = _called(values)


def _called(values: Floats) -> Rate:
    return rate(int((values >= ALARM).sum()), len(values))


def _honest(card: Card, rng: Rng, runs: int) -> Floats:
    """Fill in how many honest clocks are called bent, and return the evidence against each."""
    values = np.empty(runs)
    called: dict[str, list[bool]] = {"all": []}
    for run in range(runs):
        name = list(NETWORKS)[run % len(NETWORKS)]
        circumstances = CIRCUMSTANCES[run // len(NETWORKS) % len(CIRCUMSTANCES)]
        values[run] = evidence(session(rng, NETWORKS[name], 1.0, circumstances))
        for row in ("all", name, circumstances.name):
            called.setdefault(row, []).append(bool(values[run] >= ALARM))
    order = ("all", *NETWORKS, *(circumstances.name for circumstances in CIRCUMSTANCES))
    card.honest_clocks.update({row: rate(sum(called[row]), len(called[row])) for row in order if row in called})
    return values


def _evidence(rng: Rng, speed: float, networks: Mapping[str, Network], circumstances: Circumstances, runs: int) -> Floats:
    models = list(networks.values())
    return np.array([evidence(session(rng, models[run % len(models)], speed, circumstances)) for run in range(runs)])


def session(rng: Rng, network: Network, speed: float, circumstances: Circumstances = PLAIN) -> IntArray:
    """Return the readings of a session's hello and batches, shape (n, 3): monotonic, server and wall clock, µs.

    `speed` scales both of the client's clocks, drift comes on top.
    """
    sent = np.arange(0.0, LENGTH_S + 1e-9, circumstances.every_s / speed)
    mono = sent * speed * (1.0 + rng.uniform(-DRIFT, DRIFT))
    wall = mono.copy()
    arrived = network(rng, sent)
    if circumstances.suspended:
        asleep = np.where(sent > rng.uniform(0.0, LENGTH_S), rng.uniform(2.0, 600.0), 0.0)
        arrived, wall = arrived + asleep, wall + asleep
    if circumstances.wall_set:
        wall += np.where(sent > rng.uniform(0.0, LENGTH_S), rng.choice((-1.0, 1.0)) * np.exp(rng.uniform(0.0, np.log(86_400.0))), 0.0)
    readings = (np.stack((mono, np.maximum.accumulate(arrived), wall), axis=1) * 1e6).astype(np.int64)
    readings[:, (0, 2)] = readings[:, (0, 2)] // circumstances.tick_us * circumstances.tick_us
    return readings + _EPOCH_US


def evidence(readings: IntArray) -> float:
    """Return what the detector says at the end of a session, in nats; 0 where it abstains."""
    return clocks.assess(Evidence(replace(EMPTY, clocks=clock.follow(EMPTY.clocks, readings)))).evidence or 0.0
