"""How often an honest clock is called bent, and how often a bent one is found: simulated sessions, seeded.

`python bench/clocks.py [--honest 100000] [--hacked 10000]` prints one line per figure: name, figure, goal. Synthetic: delays are drawn
from six kinds of links, clocks drift by up to 100 ppm, a tenth of the sessions is suspended once, a tenth of the batches of a bad link
are retried.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from signals.history import EMPTY
from signals.integrity import clock, clocks
from signals.types import Evidence, Facts
from wire.schema import ClockPair

ALARM = 3.0
"""Nats of evidence from which a clock counts as called bent."""
EVEN = ("gaussian", "exponential", "lognormal")
"""Links whose jitter is 50 ms, as the goal has it."""
LINKS = (*EVEN, "pareto", "retries", "backlog")
EPOCH_US = 1_700_000_000_000_000


def delays(rng: np.random.Generator, link: str, n: int, every_s: float, jitter_s: float) -> NDArray[np.float64]:
    """Return the one-way delays of n batches in seconds."""
    if link == "gaussian":
        return np.abs(0.1 + rng.normal(0.0, jitter_s, n))
    if link == "exponential":
        return 0.03 + rng.exponential(jitter_s, n)
    if link == "lognormal":
        return 0.02 + rng.lognormal(np.log(jitter_s), 1.0, n)
    if link == "pareto":
        return 0.02 + jitter_s * rng.pareto(1.5, n)
    late = 0.03 + rng.exponential(jitter_s, n)
    if link == "retries":
        return late + np.where(rng.random(n) < 0.02 * every_s, rng.uniform(1.0, 15.0, n), 0.0)
    return late


def session(rng: np.random.Generator, link: str, speed: float, length_s: float, every_s: float, jitter_s: float = 0.05) -> Iterator[Facts]:
    """Return the hello and the batches of one session. `speed` scales the client's monotonic clock, drift comes on top."""
    rate = speed * (1.0 + rng.uniform(-1e-4, 1e-4))
    sent = np.arange(0.0, length_s + 1e-9, every_s / speed)
    mono = sent * rate
    arrived = sent + delays(rng, link, len(sent), every_s, jitter_s)
    if link == "backlog":
        start = rng.uniform(0.0, length_s * 0.8)
        end = start + rng.uniform(5.0, 20.0)
        away = (sent > start) & (sent < end)
        arrived[away] = end + 0.05 * np.arange(away.sum()) + 0.05
    if rng.random() < 0.1:
        after = sent > rng.uniform(0.0, length_s)
        arrived[after] += rng.uniform(2.0, 600.0)
    arrived = np.maximum.accumulate(arrived)
    for own, there in zip(mono, arrived, strict=True):
        at = EPOCH_US + int(there * 1e6)
        yield Facts(arrived_us=at, clock=ClockPair(int(own * 1e6) + 5_000_000, EPOCH_US + int(own / rate * 1e6)))


def evidence(facts: Iterator[Facts]) -> float:
    """Return what the detector says at the end of a session."""
    part = EMPTY.clocks
    for batch in facts:
        part = clock.learn(part, batch)
    # wall_speed would give most hacks away without any network: here only the network decides
    alone = replace(EMPTY, clocks=replace(part, wall_speed=1.0))
    return clocks.assess(Evidence(alone)).evidence or 0.0


def alarms(rng: np.random.Generator, runs: int, speed: float, every_s: float, links: tuple[str, ...]) -> float:
    """Return the share of sessions of 60 s that are called bent."""
    return sum(evidence(session(rng, links[run % len(links)], speed, 60.0, every_s)) >= ALARM for run in range(runs)) / runs


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--honest", type=int, default=100_000)
    parser.add_argument("--hacked", type=int, default=10_000)
    options = parser.parse_args()
    rng = np.random.default_rng(20260101)
    print(f"{'name':44} {'figure':>10}  goal")
    for every in (5.0, 1.0):
        share = 1.0 if every == 5.0 else 0.2
        honest, hacked = int(options.honest * share), int(options.hacked * share)
        figure = alarms(rng, honest, 1.0, every, LINKS)
        print(f"{f'false alarms, {honest} honest runs, every {every:g} s':44} {figure:10.6f}  <= 0.0001", flush=True)
        for speed in (1.05, 1.1, 1.5, 3.0, 0.95):
            figure = alarms(rng, hacked, speed, every, EVEN)
            print(f"{f'found, x{speed:g}, even links, every {every:g} s':44} {figure:10.6f}  >= 0.999", flush=True)
    for link in LINKS:
        figure = alarms(rng, max(1, options.hacked // 5), 1.05, 5.0, (link,))
        print(f"{f'found, x1.05, {link}, every 5 s':44} {figure:10.6f}  >= 0.999", flush=True)


if __name__ == "__main__":
    main()
