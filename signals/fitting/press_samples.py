"""Windows drawn from people's presses, and the bots that imitate exactly those windows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signals.samples import Imitate, Rng
from signals.timing import rhythm
from signals.timing.rhythm import Presses
from signals.timing.windows import Timing, learn
from signals.traces import BOT, Trace, facts, of_kinds
from wire import kinds

PRESS: Final[Mapping[str, int]] = {"keys": kinds.KEY_DOWN, "clicks": kinds.POINTER_DOWN}
KINDS: Final[Mapping[str, tuple[int, ...]]] = {
    "keys": (kinds.KEY_DOWN, kinds.KEY_UP),
    "clicks": (kinds.POINTER_DOWN, kinds.POINTER_UP),
}
GRIDS_US: Final = (1_000, 120_000)
"""Steps that pipelines put times on lie between these: millisecond clocks, keyboard polling, timer ticks, frames, remote desktops."""

TASKS: Final[Mapping[str, tuple[float, float]]] = {"keys": (1.0, 1.0), "clicks": (0.6, 1.7)}
"""Powers by which intervals over their median may differ between tasks: typing is paced by the hand, clicking by what there is to click."""

_NOBODY: Final[Mapping[str, Imitate]] = {}


@dataclass(frozen=True, slots=True)
class Draw:
    """How windows are drawn: so many intervals each, so many windows a person at most, so many bots for each of them."""

    intervals: tuple[int, int]
    per_subject: int
    bots: int = 0
    plain: bool = False
    """Leave every window as it was recorded; otherwise half lose their releases and some are put on another pipeline's grid."""


_HONEST_EVERY: Final = 30


def draw(
    people: Sequence[Trace], channel: str, families: Mapping[str, Imitate], how: Draw, rng: Rng, honest: Mapping[str, Imitate] = _NOBODY
) -> list[Trace]:
    """Return windows of people, each followed by `how.bots` imitations of it, by families in turn.

    After every few of them comes the same person at something `honest`, by turns. Unless they are to be plain, windows that nothing would
    judge are left out: a key held down is no rhythm.
    """
    found: list[Trace] = []
    names = sorted(families)
    turn, turns = 0, 0
    for subject in sorted({trace.subject for trace in people}):
        own = [events for trace in people if trace.subject == subject and len(events := of_kinds(trace, KINDS[channel]))]
        for window in _windows(own, channel, how, rng):
            person = window if how.plain else vary(_at_another_task(window, channel, rng), channel, rng)
            found.append(person)
            turns += 1
            if honest and turns % _HONEST_EVERY == 0:
                name = sorted(honest)[turns // _HONEST_EVERY % len(honest)]
                found.append(vary(replace(honest[name](window, rng), family=name), channel, rng))
            for _ in range(how.bots if names else 0):
                family = names[turn % len(names)]
                turn += 1
                bot = replace(families[family](window, rng), label=BOT, family=family)
                found.append(bot if how.plain else vary(bot, channel, rng, releases=True))
    return found if how.plain else [trace for trace in found if len(taken_apart(channel, trace)) >= rhythm.MIN_INTERVALS]


def vary(trace: Trace, channel: str, rng: Rng, releases: bool = False) -> Trace:
    """Return the trace as another client would have reported it: without releases, or with times on a coarser grid."""
    if not releases and rng.random() < 0.5:
        trace = of_kinds(trace, (PRESS[channel],))
    if rng.random() < 0.5:
        grid = round(float(np.exp(rng.uniform(*np.log(GRIDS_US)))))
        trace = replace(trace, t_us=(trace.t_us + int(rng.integers(grid))) // grid * grid)
    return trace


def taken_apart(channel: str, trace: Trace) -> Presses:
    """Return the channel's presses as scoring would see them after this trace."""
    timing = learn(Timing(), facts(trace))
    return rhythm.keys(timing.keys) if channel == "keys" else rhythm.clicks(timing.clicks)


def _at_another_task(trace: Trace, channel: str, rng: Rng) -> Trace:
    """Return a person's window, half of the time with its pauses stretched or shrunk against its short intervals, as other tasks would.

    What is asked of somebody sets how intervals spread, far more than who it is; their ranks, and all that follows from those, stay.
    """
    press = np.flatnonzero(trace.kind == PRESS[channel])
    intervals = np.diff(trace.t_us[press]).astype(np.float64)
    middle = float(np.median(intervals)) if len(intervals) else 0.0
    if middle <= 0.0 or rng.random() < 0.5:
        return trace
    power = float(np.exp(rng.uniform(*np.log(TASKS[channel]))))
    down = trace.t_us[press[0]] + np.concatenate(([0.0], np.cumsum(middle * (intervals / middle) ** power)))
    last = np.maximum(np.searchsorted(press, np.arange(len(trace)), side="right") - 1, 0)
    moved = down[last] + (trace.t_us - trace.t_us[press[last]])
    ceiling = np.append(down[1:], np.inf)[last] - 1.0
    t_us = np.where(trace.kind == PRESS[channel], moved, np.minimum(moved, ceiling))
    return replace(trace, t_us=np.maximum.accumulate(t_us.astype(np.int64)))


def _windows(own: Sequence[Trace], channel: str, how: Draw, rng: Rng) -> Iterable[Trace]:
    """Yield stretches of presses (with what lies between) spread evenly over the person's traces."""
    places: list[tuple[int, int, int]] = []
    for index, trace in enumerate(own):
        presses = int(np.count_nonzero(trace.kind == PRESS[channel]))
        low, high = how.intervals
        start = 0
        while True:
            size = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))
            if start + size + 1 > presses:
                break
            places.append((index, start, size))
            start += size
    if len(places) > how.per_subject:
        places = [places[at] for at in sorted(rng.choice(len(places), how.per_subject, replace=False))]
    for index, start, size in places:
        trace = own[index]
        press = np.flatnonzero(trace.kind == PRESS[channel])
        end = press[start + size] + 1
        if end < len(trace) and trace.kind[end] != PRESS[channel]:
            end += 1
        yield trace.take(slice(int(press[start]), int(end)))


def of_presses(traces: Sequence[Trace]) -> list[Trace]:
    """Return the traces without their releases: the least that a client reports."""
    return [of_kinds(trace, PRESS.values()) for trace in traces]
