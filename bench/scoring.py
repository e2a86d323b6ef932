"""What a batch of 300 events costs: learning and judging it, against `numpy.fft.rfft` of 4,096 points in the same run.

Prints `name  figure  goal`: medians of many batches in µs of processor time on one core, for each kind of hand. `timing` learns the windows
and asks every detector of the timing score; `everything` also turns columns into Facts, learns the whole History with five seconds of
frames, asks all detectors, and adds up the risk. All windows are full, and every batch is judged once, so no remembered finding
flatters the figure. Last the bytes of a full History as stored. `python bench/scoring.py [--batches 400]`
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from signals.catalog import DETECTORS
from signals.combine import assess
from signals.facts import Circumstances, of_batch
from signals.history import EMPTY, History, dump, learn
from signals.model import load_model
from signals.timing import marks, windows
from signals.types import Evidence, ScoreName
from wire import kinds, limits
from wire.schema import Batch, ClockPair, Columns

EVENTS = 300
FRAMES = 300
GOAL_US = 150.0
FILLED = 12
"""Batches before the first that counts: then the windows are full."""
TIMING = [detector for detector in DETECTORS if detector.score is ScoreName.TIMING]
MODEL = load_model()
HERE = Circumstances(0, "here", prefix="near")

Make = Callable[[np.random.Generator, int], tuple[np.ndarray, ...]]
"""From chance and a count to columns: waits in µs, kind, code, and steps in pixels to the right and down."""


def typed(rng: np.random.Generator, count: int) -> tuple[np.ndarray, ...]:
    """Return typing with releases, as many events."""
    kind = np.where(np.arange(count) % 2, kinds.KEY_UP, kinds.KEY_DOWN)
    code = np.repeat(rng.integers(0, 12, count // 2 + 1), 2)[:count]
    return rng.lognormal(11.3, 0.6, count), kind, code, *np.zeros((2, count))


def clicked(rng: np.random.Generator, count: int) -> tuple[np.ndarray, ...]:
    """Return presses and releases of a button."""
    waits, kind, _, right, down = typed(rng, count)
    return waits, np.where(kind == kinds.KEY_DOWN, kinds.POINTER_DOWN, kinds.POINTER_UP), np.ones(count), right, down


def pad(rng: np.random.Generator, count: int) -> tuple[np.ndarray, ...]:
    """Return presses and releases of a pad's button."""
    waits, kind, _, right, down = typed(rng, count)
    code = np.where(kind == kinds.KEY_DOWN, kinds.PAD_DOWN, kinds.PAD_UP)
    return waits, np.full(count, kinds.PAD), code, right, down


def pointed(rng: np.random.Generator, count: int) -> tuple[np.ndarray, ...]:
    """Return pointer work: mostly moves, a click every 30 events."""
    return _moved(rng, count, (kinds.POINTER_MOVE,) * 28 + (kinds.POINTER_DOWN, kinds.POINTER_UP))


def touched(rng: np.random.Generator, count: int) -> tuple[np.ndarray, ...]:
    """Return strokes of a finger."""
    return _moved(rng, count, (kinds.TOUCH_DOWN, *(kinds.TOUCH_MOVE,) * 18, kinds.TOUCH_UP))


def _moved(rng: np.random.Generator, count: int, stroke: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    waits = np.where(rng.random(count) < 0.02, 400_000, 16_667) + rng.normal(0, 300, count)
    kind = np.resize(stroke, count)
    speed = np.convolve(rng.normal(0, 12, (2, count)).ravel(), np.ones(6) / 6.0, mode="same").reshape(2, count)
    return waits, kind, kind == kinds.POINTER_DOWN, *np.rint(speed)


def mixed(rng: np.random.Generator, count: int) -> tuple[np.ndarray, ...]:
    """Return a hand on the mouse and one on the keyboard, which presses a third of the events."""
    left, right = typed(rng, count // 3), pointed(rng, count - count // 3)
    at = np.concatenate((np.cumsum(left[0]), np.cumsum(right[0])))
    order = np.argsort(at, kind="stable")
    return np.diff(at[order], prepend=0.0), *(np.concatenate(both)[order] for both in zip(left[1:], right[1:], strict=True))


HANDS: dict[str, Make] = {"keys": typed, "clicks": clicked, "pointer": pointed, "touch": touched, "pad": pad, "mixed": mixed}


def batches(make: Make, rng: np.random.Generator, count: int) -> list[Batch]:
    """Return a session of so many batches."""
    made, t0_us = [], 0
    for seq in range(count):
        waits, kind, code, right, down = make(rng, EVENTS)
        dt = waits.astype("<u4")
        ended_us = t0_us + int(dt.sum())
        columns = Columns(
            dt.tobytes(),
            *(each.astype(np.uint8).tobytes() for each in (kind, code)),
            *(each.astype("<i2").tobytes() for each in (right, down)),
        )
        frames = ((ended_us - t0_us) // FRAMES + rng.integers(-300, 300, FRAMES)).astype("<u4").tobytes()
        made.append(Batch(limits.VERSION, "s_bench", seq + 1, b"", ClockPair(ended_us, ended_us), t0_us, columns, frames))
        t0_us = ended_us
    return made


def timing(history: History, batch: Batch) -> Callable[[], History]:
    """Return what learns and judges for the timing score alone."""
    facts = of_batch(batch, replace(HERE, arrived_us=batch.clock.mono_us))

    def score() -> History:
        learnt = replace(history, timing=windows.learn(history.timing, facts), marks=marks.learn(history.marks, facts))
        evidence = Evidence(learnt)
        for detector in TIMING:
            detector.assess(evidence)
        return learnt

    return score


def everything(history: History, batch: Batch) -> Callable[[], History]:
    """Return what a batch goes through from its columns to the risk."""

    def score() -> History:
        learnt = learn(history, of_batch(batch, replace(HERE, arrived_us=batch.clock.mono_us)))
        assess(Evidence(learnt), MODEL)
        return learnt

    return score


def medians(score: Callable[[History, Batch], Callable[[], History]], session: Sequence[Batch], wave: np.ndarray) -> tuple[float, float]:
    """Return the medians in µs of the reference and of scoring a session's next batch, in turn.

    Time is the processor's, so that neighbours don't count.
    """
    taken: tuple[list[int], list[int]] = ([], [])
    history = EMPTY
    for batch in session:
        asked = score(history, batch)
        start = time.thread_time_ns()
        np.fft.rfft(wave)
        between = time.thread_time_ns()
        history = asked()
        taken[1].append(time.thread_time_ns() - between)
        taken[0].append(between - start)
    reference, cost = (float(np.median(each[FILLED:])) / 1e3 for each in taken)
    return reference, cost


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=400)
    count = parser.parse_args().batches
    rng = np.random.default_rng(1)
    wave = rng.normal(size=4096)
    for what, score, goal in (("timing", timing, f"{GOAL_US:.0f} us"), ("everything", everything, "-")):
        for name, make in HANDS.items():
            reference, cost = medians(score, batches(make, rng, count), wave)
            figure = f"{cost:.0f} us = {cost / reference:.1f} x rfft(4096) of {reference:.0f} us"
            print(f"scoring {EVENTS} events, {what}, {name}  {figure}  {goal}")
    full = EMPTY
    for make in HANDS.values():
        for batch in batches(make, rng, 4):
            full = learn(full, of_batch(batch, HERE))
    print(f"history of timing as stored  {len(dump(full))} bytes  8192 bytes")


if __name__ == "__main__":
    main()
