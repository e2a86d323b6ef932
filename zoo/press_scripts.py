"""Scripts that press by their own clock and care for nobody's content: one key over and over, a few keys, one place on the screen.

What a macro keyboard, an auto-clicker or ten lines of `pyautogui` do. Times are µs; the random generator is the caller's; what the scripts
are is said openly: synthetic.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from wire import kinds
from zoo.timing import Codes, Intervals, Recording, Rng

Clock = Callable[[float, int, Rng], Intervals]
"""A step in µs and a count in, so many intervals out."""

Play = Callable[[Recording, Clock, Rng], Recording]
"""What somebody recorded in, as many presses of the script out."""

STEP_US: Final = (60_000.0, 1_500_000.0)
_SHORTEST_US: Final = 1_000.0
_FRAME_US: Final = 1_000_000.0 / 60.0
_PLACES: Final = (1, 4)
_KEYS: Final = (2, 6)
_LETTERS: Final = 12


def metronome(step: float, count: int, rng: Rng) -> Intervals:
    """Equal steps, late by up to some 3 ms: a sleep adds its lateness up, a timer doesn't, and a game that asks once a frame rounds."""
    late = np.exp(rng.uniform(np.log(20.0), np.log(3_000.0)))
    noise = rng.uniform(0.0, late, count + 1) if rng.random() < 0.5 else np.abs(rng.normal(0.0, late, count + 1))
    times = step * np.arange(count + 1) + (np.cumsum(noise) if rng.random() < 0.5 else noise)
    if rng.random() < 0.3:
        times = np.ceil(times / _FRAME_US) * _FRAME_US
    return np.diff(times)


def uniform(step: float, count: int, rng: Rng) -> Intervals:
    """`sleep(random.uniform(a, b))`."""
    low = step * rng.uniform(0.2, 0.9)
    return rng.uniform(low, 2.0 * step - low, count)


def gaussian(step: float, count: int, rng: Rng) -> Intervals:
    """`sleep(random.gauss(m, s))`."""
    return rng.normal(step, step * rng.uniform(0.03, 0.35), count)


def exponential(step: float, count: int, rng: Rng) -> Intervals:
    """`sleep(random.expovariate(1 / m))`."""
    return rng.exponential(step, count)


CLOCKS: Final[dict[str, Clock]] = {"constant": metronome, "uniform": uniform, "gaussian": gaussian, "exponential": exponential}


def one_key(recording: Recording, clock: Clock, rng: Rng) -> Recording:
    """Return as many presses of one key as were recorded, at the script's times."""
    count = _presses(recording, kinds.KEY_DOWN)
    return _play(np.full(count, rng.integers(13), np.uint8), kinds.KEY_DOWN, np.zeros((2, count), np.int64), clock, rng)


def random_keys(recording: Recording, clock: Clock, rng: Rng) -> Recording:
    """Return presses of keys drawn from a few or from all, or of a few in turn."""
    count = _presses(recording, kinds.KEY_DOWN)
    some = rng.choice(_LETTERS, _LETTERS if rng.random() < 0.5 else int(rng.integers(*_KEYS)), replace=False)
    codes = some[np.arange(count) % len(some)] if rng.random() < 0.2 else rng.choice(some, count)
    return _play(codes.astype(np.uint8), kinds.KEY_DOWN, np.zeros((2, count), np.int64), clock, rng)


def one_place(recording: Recording, clock: Clock, rng: Rng) -> Recording:
    """Return left clicks at one place, or at a few in turn."""
    count = _presses(recording, kinds.POINTER_DOWN)
    places = rng.integers(50, 1000, (2, 1 if rng.random() < 0.7 else int(rng.integers(_PLACES[0] + 1, _PLACES[1] + 1))))
    return _play(np.ones(count, np.uint8), kinds.POINTER_DOWN, places[:, np.arange(count) % places.shape[1]], clock, rng)


def _presses(recording: Recording, kind: int) -> int:
    return int(np.count_nonzero(recording.kind == kind))


def _play(codes: Codes, kind: int, places: np.ndarray[tuple[int, int], np.dtype[np.int64]], clock: Clock, rng: Rng) -> Recording:
    """Return the presses, and half of the time their releases, after holds that are constant, Gaussian or uniform."""
    count = len(codes)
    step = float(np.exp(rng.uniform(*np.log(STEP_US))))
    intervals = np.maximum(clock(step, count - 1, rng), _SHORTEST_US)
    down = np.concatenate(([0.0], np.cumsum(intervals)))
    kind_of, rows = np.full(count, kind, np.uint8), np.arange(count)
    t_us = down
    if rng.random() < 0.5:
        hold = rng.uniform(0.1, 0.8) * min(step, 150_000.0)
        holds = (np.full(count, hold), rng.normal(hold, hold * 0.15, count), rng.uniform(hold * 0.5, hold * 1.5, count))[rng.integers(3)]
        held = np.clip(holds, _SHORTEST_US / 2.0, np.append(intervals, np.inf) * 0.95)
        t_us, rows = np.concatenate((down, down + held)), np.concatenate((rows, rows))
        kind_of = np.concatenate((kind_of, kind_of + np.uint8(1)))
    order = np.argsort(t_us, kind="stable")
    rows = rows[order]
    return Recording(t_us[order].astype(np.int64), kind_of[order], codes[rows], places[0, rows], places[1, rows])
