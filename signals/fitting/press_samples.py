"""Windows drawn from people's presses, and the bots that imitate exactly those windows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signals.fitting.pipelines import PIPELINES, through
from signals.fitting.tasks import TASKS, at_another_task
from signals.samples import Imitate, Rng, log_uniform
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
_PIPELINES: Final = sorted(PIPELINES)
_PASSES: Final = 4
"""How often a fit goes over a person's presses until it has the windows that it wants: each time they begin and are told otherwise."""

_NOBODY: Final[Mapping[str, Imitate]] = {}


@dataclass(frozen=True, slots=True)
class Draw:
    """How windows are drawn: so many intervals each, so many windows a person at most, so many bots for each of them."""

    intervals: tuple[int, int]
    per_subject: int
    bots: int = 0
    plain: bool = False
    """Leave every window as it was recorded, and take none twice; otherwise half lose their releases, half come through another pipeline,
    and half of people's are paced as by another task."""


_HONEST_EVERY: Final = 30


def draw(
    people: Sequence[Trace], channel: str, families: Mapping[str, Imitate], how: Draw, rng: Rng, honest: Mapping[str, Imitate] = _NOBODY
) -> list[Trace]:
    """Return windows of people, each followed by `how.bots` imitations of it, at the same task, by families in turn.

    After every few of them comes the same person at something `honest`, by turns. Unless they are to be plain, windows that nothing would
    judge are left out: a key held down is no rhythm.
    """
    found: list[Trace] = []
    names = sorted(families)
    turn, turns = 0, 0
    for subject in sorted({trace.subject for trace in people}):
        own = [events for trace in people if trace.subject == subject and len(events := of_kinds(trace, KINDS[channel]))]
        for window in _windows(own, channel, how, rng):
            task = window if how.plain else at_another_task(window, PRESS[channel], TASKS[channel], rng)
            found.append(task if how.plain else vary(task, channel, rng))
            turns += 1
            if honest and turns % _HONEST_EVERY == 0:
                name = sorted(honest)[turns // _HONEST_EVERY % len(honest)]
                found.append(vary(replace(honest[name](window, rng), family=name), channel, rng))
            for _ in range(how.bots if names else 0):
                family = names[turn % len(names)]
                turn += 1
                bot = replace(families[family](task, rng), label=BOT, family=family)
                found.append(bot if how.plain else vary(bot, channel, rng, releases=True))
    return found if how.plain else [trace for trace in found if len(taken_apart(channel, trace)) >= rhythm.MIN_INTERVALS]


def vary(trace: Trace, channel: str, rng: Rng, releases: bool = False) -> Trace:
    """Return the trace as another client would have reported it: without releases, or through another pipeline."""
    if not releases and rng.random() < 0.5:
        trace = of_kinds(trace, (PRESS[channel],))
    if rng.random() < 0.5:
        return trace
    pipeline = _PIPELINES[int(rng.integers(len(_PIPELINES)))]
    return replace(trace, t_us=through(trace.t_us, pipeline, rng), pipeline=pipeline)


def taken_apart(channel: str, trace: Trace) -> Presses:
    """Return the channel's presses as scoring would see them after this trace."""
    timing = learn(Timing(), facts(trace))
    return rhythm.keys(timing.keys) if channel == "keys" else rhythm.clicks(timing.clicks)


def _windows(own: Sequence[Trace], channel: str, how: Draw, rng: Rng) -> Iterable[Trace]:
    """Yield stretches of presses (with what lies between) spread evenly over the person's traces.

    Where a fit wants more than there are, it takes some again that begin elsewhere: they count as the same person's, not as more people.
    """
    places: list[tuple[int, int, int]] = []
    low, high = how.intervals
    for again in range(1 if how.plain else _PASSES):
        if again and len(places) >= how.per_subject:
            break
        for index, trace in enumerate(own):
            presses = int(np.count_nonzero(trace.kind == PRESS[channel]))
            start = int(rng.integers(low)) if again else 0
            while True:
                size = round(log_uniform(low, high, rng))
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
