"""How often a replay is recognised and a fresh person is not, and what a look-up among a million sketches costs.

`python bench/replay.py [DATA] [--sketches 1000000]` prints one line per figure: name, figure, goal. DATA is a folder of traces (by
default ../shared/data/traces); without it only the look-up is measured. Limits of likeness were set on one half of the people and are
reported on the other. The million is synthetic: intervals drawn from a lognormal with a person's spread and pauses.
"""

import argparse
import asyncio
import gzip
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from collector import sketches as index
from collector.store.engine import SqlStore
from signals.replay import measure
from signals.replay.recall import Player
from signals.replay.sketch import AFTER, AROUND, BEFORE, Sketch, quantised, sketches
from signals.replay.tail import KEYS, PRESSES
from signals.traces import Trace

DATA = Path(__file__).parents[1] / "../shared/data/traces"


def traces(path: Path) -> list[Trace]:
    """Return the traces of people in a file."""
    found = []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            if row["label"] == "human":
                names = ("id", "source", "label", "family", "subject", "device")
                columns = (np.array(row[name]) for name in ("t_us", "kind", "code", "x", "y"))
                t_us, kind, code, x, y = columns
                found.append(Trace(*(row[name] for name in names), t_us, kind.astype(np.uint8), code.astype(np.uint8), x, y))
    return found


def show(name: str, figure: float, goal: str) -> None:
    """Print one line."""
    print(f"{name:58} {figure:12.6g}  {goal}", flush=True)


def recognised(data: Path) -> None:
    """Print the rows of keys and of presses."""
    people = traces(data / "keys.jsonl.gz")
    rng = np.random.default_rng(1)
    held_out = measure.half(people)
    for case in measure.CASES:
        figure = measure.recall(held_out, KEYS, case, rng)
        show(f"keys, recall, {case.name}", figure, f">= {case.goal}")
    flagged, windows = measure.false_alarms(held_out, KEYS, 100)
    show(f"keys, fresh windows flagged, of {windows}", flagged / windows, "<= 0.0001")
    clickers = [trace for name in ("sapimouse", "balabit") for trace in traces(data / f"{name}.jsonl.gz")]
    flagged, windows = measure.false_alarms(clickers, PRESSES, 100)
    show(f"clicks, fresh windows flagged, of {windows}", flagged / windows, "<= 0.0001")
    for case in measure.CASES[:2]:
        show(f"clicks, recall, {case.name}", measure.recall(clickers, PRESSES, case, rng, most=400), "(reported)")


def synthetic(rng: np.random.Generator, n: int) -> list[Sketch]:
    """Return n sketches of made-up people."""
    found: list[Sketch] = []
    while len(found) < n:
        size = 40_000
        slow = rng.random(size) < 0.08
        intervals = np.exp(rng.normal(4.9, 0.5, size)) + slow * np.exp(rng.normal(6.3, 0.9, size))
        found.extend(sketches(KEYS, quantised((intervals * 1000).astype(np.int64)), 0, size - BEFORE))
    return found[:n]


async def look_up(n: int) -> None:
    """Print what a look-up costs among n sketches in a SQLite store."""
    rng = np.random.default_rng(2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        store = await SqlStore.open(f"sqlite+aiosqlite:///{path}")
        for start in range(0, n, 20_000):
            batch = synthetic(rng, min(20_000, n - start))
            await store.commit(*index.writes(Player(f"s_{start}", "d"), batch, start))
        show("bytes of a sketch (stretch and signature)", 1 + BEFORE + 1 + AFTER + 8, "tens")
        show(f"bytes of the store per sketch, of {n}", path.stat().st_size / n, "")
        fresh = synthetic(rng, 400)
        alone = await _timed(lambda: store.all(index.select(1)))
        ours = await _timed_each(store, fresh)
        show("look-up of one sketch, median ms", float(np.median(ours)) * 1e3, "< 1")
        show("look-up of one sketch, p99 ms", float(np.percentile(ours, 99)) * 1e3, "")
        show("the same as a ratio to SELECT 1 on that store", float(np.median(ours)) / alone, "")
        await store.close()
    wave = rng.random(4096)
    started = time.perf_counter()
    for _ in range(500):
        np.fft.rfft(wave)
    rfft = (time.perf_counter() - started) / 500
    intervals = quantised((np.exp(rng.normal(5.0, 0.7, 400)) * 1000).astype(np.int64))
    started = time.perf_counter()
    taken = sum(len(sketches(KEYS, intervals[: end + 25], 0, 25)) for end in range(AROUND + AFTER + 1, 370))
    show("taking a sketch, ratio to numpy.fft.rfft of 4096", (time.perf_counter() - started) / max(1, taken) / rfft, "")


async def _timed(work: Callable[[], object]) -> float:
    times = []
    for _ in range(300):
        started = time.perf_counter()
        await work()  # type: ignore[misc]
        times.append(time.perf_counter() - started)
    return float(np.median(times))


async def _timed_each(store: SqlStore, fresh: list[Sketch]) -> list[float]:
    times = []
    for sketch in fresh:
        started = time.perf_counter()
        await index.match(store, Player("s_now", "d_now"), (sketch,), 2**60)
        times.append(time.perf_counter() - started)
    return times


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
    asyncio.run(look_up(options.sketches))


if __name__ == "__main__":
    main()
