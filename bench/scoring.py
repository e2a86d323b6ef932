"""What timing costs: learning and judging one batch of 300 events, against `numpy.fft.rfft` of 4,096 points in the same run.

Prints `name  figure  goal`, medians on one core; and the bytes of a full History as stored. `python bench/scoring.py`
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from signals.history import EMPTY, dump, learn
from signals.timing import clicks, keys, pointer, touch
from signals.timing.windows import learn as learn_timing
from signals.types import Evidence, Facts
from wire import kinds

EVENTS = 300
GOAL_US = 150.0
BATCHES = 400
WARM = 10


def typed(rng: np.random.Generator, count: int) -> Facts:
    """Return typing with releases, as many events."""
    t_us = np.cumsum(rng.lognormal(11.3, 0.6, count)).astype(np.int64)
    kind = np.where(np.arange(count) % 2, kinds.KEY_UP, kinds.KEY_DOWN).astype(np.uint8)
    code = np.repeat(rng.integers(0, 12, count // 2 + 1), 2)[:count].astype(np.uint8)
    nothing = np.zeros(count, np.int64)
    return Facts(0, t_us=t_us, kind=kind, code=code, x=nothing, y=nothing)


def moved(rng: np.random.Generator, count: int, kind: int = kinds.POINTER_MOVE) -> Facts:
    """Return pointer work: mostly moves, a click every 30 events."""
    t_us = np.cumsum(np.where(rng.random(count) < 0.02, 400_000, 16_667) + rng.normal(0, 300, count)).astype(np.int64)
    kinds_of = np.full(count, kind, np.uint8)
    if kind == kinds.POINTER_MOVE:
        kinds_of[28::30], kinds_of[29::30] = kinds.POINTER_DOWN, kinds.POINTER_UP
    code = (kinds_of != kind).astype(np.uint8)
    speed = np.convolve(rng.normal(0, 12, (2, count)).ravel(), np.ones(6) / 6.0, mode="same").reshape(2, count)
    x, y = np.rint(np.cumsum(speed, axis=1) + 500).astype(np.int64)
    return Facts(0, t_us=t_us, kind=kinds_of, code=code, x=x, y=y)


def mixed(rng: np.random.Generator, count: int) -> Facts:
    """Return a hand on the mouse and one on the keyboard."""
    left, right = typed(rng, count // 3), moved(rng, count - count // 3)
    order = np.argsort(np.concatenate((left.t_us, right.t_us)), kind="stable")
    columns = {name: np.concatenate((getattr(left, name), getattr(right, name)))[order] for name in ("t_us", "kind", "code", "x", "y")}
    return Facts(0, **columns)


def main() -> None:
    """Measure and print."""
    rng = np.random.default_rng(1)
    wave = rng.normal(size=4096)
    for name, make in (("keys", typed), ("pointer", moved), ("mixed", mixed)):
        session = [make(rng, EVENTS) for _ in range(BATCHES)]
        reference, cost = _medians(lambda: np.fft.rfft(wave), session)
        ratio = f"{cost / reference:.1f} x rfft(4096) of {reference:.0f} us"
        print(f"scoring {EVENTS} events, {name}  {cost:.0f} us = {ratio}  {GOAL_US:.0f} us")
    full = EMPTY
    for make in (typed, moved, mixed):
        for _ in range(4):
            full = learn(full, make(rng, EVENTS))
    full = learn(full, moved(rng, EVENTS, kinds.TOUCH_MOVE))
    print(f"history of timing as stored  {len(dump(full))} bytes  8192 bytes")


def _medians(reference: Callable[[], object], session: Sequence[Facts]) -> tuple[float, float]:
    """Return the medians in µs of the reference and of scoring a session's next batch, in turn, on one core.

    Every batch is new, so that no remembered finding flatters the figure. Time is the processor's, so that neighbours don't count.
    """
    taken: tuple[list[int], list[int]] = ([], [])
    history = EMPTY
    for batch in session:
        start = time.thread_time_ns()
        reference()
        between = time.thread_time_ns()
        history = replace(history, timing=learn_timing(history.timing, batch))
        evidence = Evidence(history)
        for detector in (keys, clicks, pointer, touch):
            detector.assess(evidence)
        taken[0].append(between - start)
        taken[1].append(time.thread_time_ns() - between)
    return float(np.median(taken[0][WARM:])) / 1e3, float(np.median(taken[1][WARM:])) / 1e3


if __name__ == "__main__":
    main()
