"""Windows drawn from people's traces, and the bots that imitate exactly those windows: what a fit and an evaluation count."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signals.timing import windows
from signals.traces import BOT, HUMAN, Trace, of_kinds
from wire import kinds

Rng = np.random.Generator
Imitate = Callable[[Trace, Rng], Trace]
"""A person's window in, the same content as a bot of one family would have played it out."""
Families = Mapping[str, Mapping[str, Imitate]]
"""Channel to family to imitator."""

PRESS: Final[Mapping[str, int]] = {"keys": kinds.KEY_DOWN, "clicks": kinds.POINTER_DOWN}
KINDS: Final[Mapping[str, tuple[int, ...]]] = {
    "keys": (kinds.KEY_DOWN, kinds.KEY_UP),
    "clicks": (kinds.POINTER_DOWN, kinds.POINTER_UP),
}
MOST: Final[Mapping[str, int]] = {"keys": windows.KEYS, "clicks": windows.CLICKS}
GRIDS_US: Final = (1_000, 8_000, 10_000, 15_625, 16_667, 33_333)
"""Steps that pipelines put times on: millisecond clocks, keyboard polling, timer ticks, frames."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How windows are drawn: so many intervals each, so many windows a person at most, so many bots for each of them."""

    intervals: tuple[int, int]
    per_subject: int
    bots: int = 0
    plain: bool = False
    """Leave every window as it was recorded; otherwise half lose their releases and some are put on another pipeline's grid."""


def draw(people: Sequence[Trace], channel: str, families: Mapping[str, Imitate], how: Draw, rng: Rng) -> list[Trace]:
    """Return windows of people, each followed by `how.bots` imitations of it, by families in turn."""
    found: list[Trace] = []
    names = sorted(families)
    turn = 0
    for subject in sorted({trace.subject for trace in people}):
        own = [events for trace in people if trace.subject == subject and len(events := of_kinds(trace, KINDS[channel]))]
        for window in _windows(own, channel, how, rng):
            person = window if how.plain else vary(window, channel, rng)
            found.append(person)
            for _ in range(how.bots if names else 0):
                family = names[turn % len(names)]
                turn += 1
                bot = replace(families[family](window, rng), label=BOT, family=family)
                found.append(bot if how.plain else vary(bot, channel, rng, releases=True))
    return found


def vary(trace: Trace, channel: str, rng: Rng, releases: bool = False) -> Trace:
    """Return the trace as another client would have reported it: without releases, or with times on a coarser grid."""
    if not releases and rng.random() < 0.5:
        trace = of_kinds(trace, (PRESS[channel],))
    if rng.random() < 0.4:
        grid = GRIDS_US[int(rng.integers(len(GRIDS_US)))]
        trace = replace(trace, t_us=(trace.t_us + int(rng.integers(grid))) // grid * grid)
    return trace


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


def balanced(traces: Sequence[Trace]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return weights that make people and bots, then subjects, then bot families count alike; they add up to the number of traces."""
    keys = [(trace.label, trace.subject if trace.label == HUMAN else trace.family) for trace in traces]
    counts: dict[tuple[str, str], int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    groups = {label: sum(1 for key in counts if key[0] == label) for label in (HUMAN, BOT)}
    return np.array([len(traces) / 2.0 / groups[key[0]] / counts[key] for key in keys])
