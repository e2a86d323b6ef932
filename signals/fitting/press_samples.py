"""Windows drawn from people's presses, and the bots that imitate exactly those windows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signals.samples import Imitate, Rng
from signals.traces import BOT, Trace, of_kinds
from wire import kinds

PRESS: Final[Mapping[str, int]] = {"keys": kinds.KEY_DOWN, "clicks": kinds.POINTER_DOWN}
KINDS: Final[Mapping[str, tuple[int, ...]]] = {
    "keys": (kinds.KEY_DOWN, kinds.KEY_UP),
    "clicks": (kinds.POINTER_DOWN, kinds.POINTER_UP),
}
GRIDS_US: Final = (1_000, 120_000)
"""Steps that pipelines put times on lie between these: millisecond clocks, keyboard polling, timer ticks, frames, remote desktops."""


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
    if rng.random() < 0.5:
        grid = round(float(np.exp(rng.uniform(*np.log(GRIDS_US)))))
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


def of_presses(traces: Sequence[Trace]) -> list[Trace]:
    """Return the traces without their releases: the least that a client reports."""
    return [of_kinds(trace, PRESS.values()) for trace in traces]
