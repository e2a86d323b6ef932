"""Bots that imitate a person's timing: each takes what a person did and returns when a machine would have done it.

All work on intervals in µs and a random generator that the caller seeds; what the bots are is said openly: synthetic.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wire import kinds

Intervals = NDArray[np.float64]
Codes = NDArray[np.uint8]
Rng = np.random.Generator
Imitator = Callable[[Intervals, Codes, Rng], Intervals]
"""A person's n intervals and the n + 1 codes around them in, a bot's n intervals out."""

_SHORTEST_US: Final = 1_000.0


def constant(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """A metronome: `while True: click(); sleep(d)`, with the operating system's wake-up jitter of some 50 µs."""
    return _positive(np.median(person) + rng.normal(0.0, 50.0, len(person)))


def uniform(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """`sleep(random.uniform(a, b))`, the commonest advice to those who click by script."""
    middle = float(np.median(person))
    low = middle * rng.uniform(0.2, 0.9)
    return _positive(rng.uniform(low, middle * 2.0 - low, len(person)))


def gaussian(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """`sleep(random.gauss(m, s))`, as in humanised macro recorders."""
    middle = float(np.median(person))
    return _positive(rng.normal(middle, middle * rng.uniform(0.05, 0.35), len(person)))


def exponential(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """A Poisson process: `sleep(random.expovariate(1 / m))`."""
    return _positive(rng.exponential(float(np.median(person)) / np.log(2.0), len(person)))


def lognormal(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """Independent lognormal intervals with the location and spread of a person's own, the usual model of reaction times."""
    logs = np.log(np.maximum(person, _SHORTEST_US))
    return _positive(np.exp(rng.normal(logs.mean(), logs.std(), len(person))))


def shuffle(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """A person's own intervals in another order: the marginal is exact, what each interval belonged to is lost."""
    return rng.permutation(person)


def bootstrap(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """A person's own intervals, drawn with replacement (Efron, 1979)."""
    return rng.choice(person, len(person))


def autoregressive(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """A person's own marginal with first-order memory: an AR(1) Gaussian whose ranks order the intervals (Iman & Conover, 1982)."""
    memory = rng.uniform(0.1, 0.6)
    noise = rng.normal(0.0, 1.0, len(person))
    for at in range(1, len(noise)):
        noise[at] += memory * noise[at - 1]
    return np.sort(person)[np.argsort(np.argsort(noise))]


def digraph_aware(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """Intervals drawn anew, but from what the same person showed for the same pair of key classes, as typing synthesisers do."""
    pairs = codes[:-1].astype(np.int64) * 256 + codes[1:]
    drawn = np.empty(len(person))
    for pair in np.unique(pairs):
        here = pairs == pair
        drawn[here] = rng.choice(person[here], int(here.sum()))
    return _positive(drawn * np.exp(rng.normal(0.0, 0.1, len(person))))


def random_delay(person: Intervals, codes: Codes, rng: Rng) -> Intervals:
    """A click loop of a fixed delay plus a random integer of milliseconds, and now and then a longer rest, as auto-clickers offer."""
    delay = float(np.median(person)) * rng.uniform(0.5, 1.0)
    jitter = rng.integers(0, max(2, int(delay / 1_000.0 * rng.uniform(0.2, 1.0))), len(person)) * 1_000.0
    rest = (rng.random(len(person)) < 0.03) * rng.uniform(5.0, 20.0) * delay
    return _positive(delay + jitter + rest)


IMITATORS: Final[dict[str, Imitator]] = {
    "constant": constant,
    "uniform": uniform,
    "gaussian": gaussian,
    "exponential": exponential,
    "lognormal": lognormal,
    "shuffle": shuffle,
    "bootstrap": bootstrap,
    "autoregressive": autoregressive,
    "digraph_aware": digraph_aware,
    "random_delay": random_delay,
}


def replay(person: Intervals, noise_us: float, warp: float, rng: Rng) -> Intervals:
    """A recording played again: each event moved by Gaussian noise of `noise_us`, the whole faster or slower by `warp`, order kept."""
    times = np.concatenate(([0.0], np.cumsum(person))) * warp
    return np.diff(np.maximum.accumulate(times + rng.normal(0.0, noise_us, len(times))))


def splice(recordings: list[Intervals], piece: int, count: int, rng: Rng) -> Intervals:
    """`count` intervals glued together from pieces of `piece` intervals out of several recordings."""
    pieces: list[Intervals] = []
    while sum(len(one) for one in pieces) < count:
        source = recordings[int(rng.integers(len(recordings)))]
        start = int(rng.integers(max(1, len(source) - piece)))
        pieces.append(source[start : start + piece])
    return np.concatenate(pieces)[:count]


def _positive(intervals: Intervals) -> Intervals:
    return np.maximum(intervals, _SHORTEST_US)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Input as columns of shape (n,): client µs, kinds and codes of the wire, pixels."""

    t_us: NDArray[np.int64]
    kind: NDArray[np.uint8]
    code: NDArray[np.uint8]
    x: NDArray[np.int64]
    y: NDArray[np.int64]


def retime(recording: Recording, imitate: Imitator, rng: Rng) -> Recording:
    """Return the recording's presses at a bot's times.

    Releases are left out (half of the time), or come after holds that are the person's own (in order or shuffled), constant or Gaussian.
    """
    press = np.flatnonzero(np.isin(recording.kind, (kinds.KEY_DOWN, kinds.POINTER_DOWN, kinds.TOUCH_DOWN, kinds.PAD)))
    if len(press) < 3:
        return recording
    own = np.diff(recording.t_us[press]).astype(np.float64)
    down_us = np.concatenate(([0.0], np.cumsum(imitate(own, recording.code[press], rng))))
    after = np.minimum(press + 1, len(recording.t_us) - 1)
    released = np.isin(recording.kind[after], (kinds.KEY_UP, kinds.POINTER_UP, kinds.TOUCH_UP))
    style = rng.integers(8)
    if style < 4 or not released.any():
        rows = press
        t_us = down_us
    else:
        holds = (recording.t_us[after] - recording.t_us[press]).astype(np.float64)
        holds = np.where(released, holds, np.median(holds[released]))
        middle = float(np.median(holds))
        if style == 5:
            holds = rng.permutation(holds)
        elif style == 6:
            holds = np.full(len(holds), middle)
        elif style == 7:
            holds = np.maximum(rng.normal(middle, middle * 0.2, len(holds)), _SHORTEST_US)
        up_us = down_us + holds
        rows = np.concatenate((press, press))
        t_us = np.concatenate((down_us, up_us))
    order = np.argsort(t_us, kind="stable")
    kind = recording.kind[press]
    up = np.where(kind == kinds.PAD, kinds.PAD, kind + np.where(kind == kinds.TOUCH_DOWN, 2, 1)).astype(np.uint8)
    both = kind if len(rows) == len(press) else np.concatenate((kind, up))
    return Recording(
        t_us[order].astype(np.int64) + int(recording.t_us[press[0]]),
        both[order],
        recording.code[rows][order],
        recording.x[rows][order],
        recording.y[rows][order],
    )
