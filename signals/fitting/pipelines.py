"""Pipelines between a hand and what is reported of it, drawn at random: the same presses as other devices would have told them.

Fits see people and bots alike through them, so that what they learn survives them. Ranges are what is published, not what the recordings
show: keyboards and mice are polled at 125 to 1,000 Hz (USB HID 1.11, section 7.2.4; full-speed interrupts every 1, 2, 4 or 8 ms); games
read input once a frame, at 60 to 240 Hz, or at 30 where they are slow; system timers tick every 1 to 16 ms (Windows: 15.6 unless asked
for less); remote desktops gather input and send it in steps of 30 to 130 ms, over networks that jitter; busy systems deliver late.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from signals.samples import Rng, log_uniform
from signals.types import IntArray

Times = np.ndarray[tuple[int], np.dtype[np.float64]]
Step = Callable[[Times, Rng], Times]
"""Rising times in µs in, and when the same events are told out."""

_FRAMES_HZ: Final = (30.0, 60.0, 75.0, 90.0, 120.0, 144.0, 165.0, 240.0)
_POLLS_US: Final = (1_000.0, 2_000.0, 4_000.0, 8_000.0)
_TIMERS_US: Final = (1_000.0, 16_000.0)
_GATHERS_US: Final = (30_000.0, 130_000.0)
_LATE_US: Final = (300.0, 20_000.0)


def polled(times: Times, rng: Rng) -> Times:
    """A keyboard or mouse that the bus asks every so often."""
    return _next(times, float(rng.choice(_POLLS_US)), rng)


def framed(times: Times, rng: Rng) -> Times:
    """A game that reads its input once a frame."""
    return _next(times, 1e6 / float(rng.choice(_FRAMES_HZ)), rng)


def ticked(times: Times, rng: Rng) -> Times:
    """A clock that only moves every so often."""
    step = log_uniform(*_TIMERS_US, rng)
    return np.asarray(np.floor((times + rng.uniform(0.0, step)) / step) * step)


def late(times: Times, rng: Rng) -> Times:
    """A busy system: events wait, and never overtake one another."""
    return _in_order(times + rng.exponential(log_uniform(*_LATE_US, rng), len(times)))


def remote(times: Times, rng: Rng) -> Times:
    """A remote desktop: what came in is sent together every so often, over a network that jitters."""
    sent = _next(times, log_uniform(*_GATHERS_US, rng), rng)
    return sent if rng.random() < 0.5 else late(sent, rng)


PIPELINES: Final[dict[str, tuple[Step, ...]]] = {
    "polled": (polled,),
    "ticked": (ticked,),
    "late": (late,),
    "framed": (polled, framed),
    "late frames": (late, framed),
    "remote": (polled, remote),
    "remote frames": (remote, framed),
}


def through(t_us: IntArray, pipeline: str, rng: Rng) -> IntArray:
    """Return when rising times, in µs, are told by a pipeline of PIPELINES."""
    times = t_us.astype(np.float64)
    for step in PIPELINES[pipeline]:
        times = step(times, rng)
    return np.asarray(times.astype(np.int64))


def _next(times: Times, step: float, rng: Rng) -> Times:
    phase = rng.uniform(0.0, step)
    return np.asarray(np.ceil((times - phase) / step) * step + phase)


def _in_order(times: Times) -> Times:
    return np.asarray(np.maximum.accumulate(times))
