"""How often a replay is recognised and a fresh person is not, and what a search among a million sketches costs.

`python bench/replay.py [DATA] [--sketches 1000000]` prints one line per figure: name, figure, goal. DATA is a folder of traces (by default
../shared/data/traces); without it only searches are measured. The people are those of the second half. The million is synthetic: intervals
drawn from a lognormal with a person's spread and pauses. Times are the thread's own, so that other processes don't count.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from collector.sketches import Sketches, writes
from collector.store.engine import SqlStore
from collector.traces import read
from signals.evaluation import replay as measure
from signals.evaluation.card import Card
from signals.replay.recall import Library, Player
from signals.replay.sketch import AFTER, AROUND, BEFORE, Sketch, quantised, sketches
from signals.replay.tail import KEYS
from signals.traces import HUMAN

PAGE = 20_000
DATA = Path(__file__).parents[1] / "../shared/data/traces"


def show(name: str, figure: float, goal: str) -> None:
    """Print one line."""
    print(f"{name:58} {figure:12.6g}  {goal}", flush=True)


def recognised(data: Path) -> None:
    """Print the rows of keys and of presses."""
    people = [trace for name in ("keys", "sapimouse", "balabit") for trace in read(data / f"{name}.jsonl.gz") if trace.label == HUMAN]
    card = Card()
    measure.evaluate_replays(card, people, np.random.default_rng(1), 3000)
    goals = {case.name: f">= {case.goal}" if case.goal else "(reported)" for case in measure.CASES}
    for name, found in card.replays.items():
        show(f"recall, {name}", found.share, goals[name.partition("/")[2]])
    for name, fresh in card.fresh.items():
        show(f"{name}, fresh windows flagged, of {fresh.strangers.of}", fresh.strangers.share, "<= 0.0001")
        show(f"{name}, nearest of {fresh.pairs} pairs of strangers", fresh.nearest, "< 0")
        for size, chance in fresh.expected:
            show(f"{name}, false matches a window among {size}, extrapolated", chance, "<= 0.0001")


def synthetic(rng: np.random.Generator, n: int) -> list[Sketch]:
    """Return n sketches of made-up people."""
    found: list[Sketch] = []
    while len(found) < n:
        size = 40_000
        slow = rng.random(size) < 0.08
        intervals = np.exp(rng.normal(4.9, 0.5, size)) + slow * np.exp(rng.normal(6.3, 0.9, size))
        found.extend(sketches(KEYS, quantised((intervals * 1000).astype(np.int64)), 0, size - BEFORE))
    return found[:n]


def among_many(data: Path, n: int) -> None:
    """Print what is recognised among n sketches of strangers, and what a search costs there."""
    rng = np.random.default_rng(2)
    crowd = Library()
    for start in range(0, n, PAGE):
        crowd.add(Player(f"s_{start}", "d"), synthetic(rng, min(PAGE, n - start)), 0)
    wave = rng.random(4096)
    rfft = timed(lambda: np.fft.rfft(wave), 500)
    fresh = synthetic(rng, 300)
    times = [timed(lambda sketch=sketch: crowd.match(Player("s_now", "d_now"), (sketch,), 0), 1) for sketch in fresh]  # type: ignore[misc]
    show(f"search for one sketch among {n}, median ms", float(np.median(times)) * 1e3, "< 1")
    show("the same, p99 ms", float(np.percentile(times, 99)) * 1e3, "")
    show("the same, ratio to numpy.fft.rfft of 4096", float(np.median(times)) / rfft, "")
    intervals = quantised((np.exp(rng.normal(5.0, 0.7, 400)) * 1000).astype(np.int64))
    ends = range(AROUND + AFTER + 1, 370)
    batches = timed(lambda: [sketches(KEYS, intervals[: end + 25], 0, 25) for end in ends], 1) / len(ends)
    show("sketching a batch of 25 intervals, ratio to rfft", batches / rfft, "")
    if data.exists():
        people = measure.half([trace for trace in read(data) if trace.label == HUMAN])
        memory = measure.remember(people, KEYS, crowd)
        alarms = measure.false_alarms(memory).strangers
        show(f"keys among {n}, fresh windows flagged, of {alarms.of}", alarms.share, "<= 0.0001")
        for case in measure.CASES:
            hits, replays = measure.recall(memory, case, rng, 300)
            show(f"keys among {n}, recall, {case.name}", hits / replays, "(reported)")


def timed(work: Callable[[], object], times: int) -> float:
    """Return the seconds that one run takes, on this thread's own clock: other processes don't count."""
    started = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - started) / times


async def in_the_store(n: int) -> None:
    """Print what the store needs for n sketches, and what a collector needs to read them when it starts."""
    rng = np.random.default_rng(3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        store = await SqlStore.open(f"sqlite+aiosqlite:///{path}")
        empty = path.stat().st_size
        for start in range(0, n, PAGE):
            await store.commit(*writes(Player(f"s_{start}", "d"), synthetic(rng, min(PAGE, n - start)), start))
        await store.close()
        show("bytes of a sketch (stretch and signatures)", 1 + BEFORE + 1 + AFTER + 16, "tens")
        show(f"bytes of the store per sketch, of {n}", (path.stat().st_size - empty) / n, "")
        store = await SqlStore.open(f"sqlite+aiosqlite:///{path}")
        known = Sketches(store)
        started = time.process_time()
        await known.match(Player("s_now", "d_now"), synthetic(rng, 1), 2**60)
        show(f"a collector reads {n} signatures, CPU s", time.process_time() - started, "")
        await store.close()


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--sketches", type=int, default=1_000_000)
    options = parser.parse_args()
    print(f"{'name':58} {'figure':>12}  goal")
    if (options.data / "keys.jsonl.gz").exists():
        recognised(options.data)
    else:
        print(f"no traces in {options.data}: recognition is not measured")
    among_many(options.data / "keys.jsonl.gz", options.sketches)
    asyncio.run(in_the_store(min(options.sketches, 100_000)))


if __name__ == "__main__":
    main()
