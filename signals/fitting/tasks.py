"""The same hands at other tasks, drawn at random: what is asked of somebody sets how intervals spread, far more than who it is.

Three things differ between what people click at: how much longer long waits are than short ones; how often somebody reads, thinks or
looks away; and how long a game or a page takes before the next click makes sense, whatever the way there. Ranks stay in the first,
the last two hide them in part, as they do where they are recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signals.samples import Rng, log_uniform
from signals.traces import Trace

Intervals = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Range:
    """What tasks do to intervals at a channel, at most."""

    power: tuple[float, float]
    """Powers by which intervals over their median may differ between tasks."""
    pauses: float
    """Share of intervals in which somebody reads or looks away."""
    waits: float
    """Mean of what a task adds to every interval, over their median."""


TASKS: Final[Mapping[str, Range]] = {"keys": Range((1.0, 1.0), 0.0, 0.0), "clicks": Range((0.5, 1.8), 0.15, 1.0)}
"""Typing is paced by the hand, clicking by what there is to click."""
_PAUSE_S: Final = (1.0, 60.0)


def at_another_task(trace: Trace, press: int, task: Range, rng: Rng) -> Trace:
    """Return a person's window, half of the time as another task might have paced it. `press` is the kind of event that counts."""
    at = np.flatnonzero(trace.kind == press)
    intervals = np.diff(trace.t_us[at]).astype(np.float64)
    if rng.random() < 0.5 or not len(intervals) or np.median(intervals) <= 0.0 or task.power == (1.0, 1.0):
        return trace
    return _repaced(trace, at, _paced(intervals, task, rng))


def _paced(intervals: Intervals, task: Range, rng: Rng) -> Intervals:
    middle = float(np.median(intervals))
    paced = middle * (intervals / middle) ** log_uniform(*task.power, rng)
    if rng.random() < 0.5:
        paced = paced + rng.exponential(rng.uniform(0.0, task.waits) * middle, len(paced))
    if rng.random() < 0.5:
        away = rng.random(len(paced)) < rng.uniform(0.0, task.pauses)
        paced = paced + away * 1e6 * np.exp(rng.uniform(np.log(_PAUSE_S[0]), np.log(_PAUSE_S[1]), len(paced)))
    return np.asarray(paced)


def _repaced(trace: Trace, press: np.ndarray[tuple[int], np.dtype[np.int64]], intervals: Intervals) -> Trace:
    """Return the trace with these intervals between its presses; what lies between keeps its distance to the press before."""
    down = trace.t_us[press[0]] + np.concatenate(([0.0], np.cumsum(intervals)))
    last = np.maximum(np.searchsorted(press, np.arange(len(trace)), side="right") - 1, 0)
    moved = down[last] + (trace.t_us - trace.t_us[press[last]])
    ceiling = np.append(down[1:], np.inf)[last] - 1.0
    pressed = np.zeros(len(trace), np.bool_)
    pressed[press] = True
    t_us = np.where(pressed, moved, np.minimum(moved, ceiling))
    return replace(trace, t_us=np.maximum.accumulate(t_us.astype(np.int64)))
