"""Windows drawn from people's traces, and the bots that imitate exactly those windows: what a fit and an evaluation count."""

from collections import Counter
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


def draw_strokes(
    people: Sequence[Trace], bots: Sequence[Trace], families: Mapping[str, Imitate], events: tuple[int, int], per_subject: int, rng: Rng
) -> list[Trace]:
    """Return stretches of pointer or finger events of people and of recorded bots, and movers in place of every second of people's."""
    found: list[Trace] = []
    drawn: dict[tuple[str, str], list[Trace]] = {}
    for trace in (*people, *bots):
        moves = trace.take(np.flatnonzero(np.isin(trace.kind, _STROKES)))
        drawn.setdefault((trace.label, trace.subject), []).extend(_stretches(moves, events, rng))
    names = sorted(families)
    turn = 0
    for (label, _), stretches in sorted(drawn.items(), key=lambda item: item[0]):
        few = min(_several(stretches) * per_subject, 400) if label == HUMAN else 400
        if len(stretches) > few:
            stretches = [stretches[at] for at in sorted(rng.choice(len(stretches), few, replace=False))]
        for stretch in stretches:
            found.append(stretch)
            if label == HUMAN and names and rng.random() < 0.5:
                family = names[turn % len(names)]
                turn += 1
                found.append(replace(families[family](stretch, rng), label=BOT, family=family))
    return found


def _several(stretches: Sequence[Trace]) -> int:
    """One recording stands for one person; short recordings of a device (one subject) count more, so that each device is seen enough."""
    return 8 if len({stretch.id for stretch in stretches}) > 20 else 1


_STROKES: Final = tuple(range(kinds.POINTER_MOVE, kinds.TOUCH_UP + 1))
_MOST_STRETCHES: Final = 12


def _stretches(moves: Trace, events: tuple[int, int], rng: Rng) -> Iterable[Trace]:
    places = []
    start = 0
    while True:
        size = round(float(np.exp(rng.uniform(np.log(events[0] + 3), np.log(events[1] + 3)))))
        if start + size > len(moves):
            break
        places.append((start, size))
        start += size
    if len(places) > _MOST_STRETCHES:
        places = [places[at] for at in sorted(rng.choice(len(places), _MOST_STRETCHES, replace=False))]
    for start, size in places:
        yield moves.take(slice(start, start + size))


def group(trace: Trace) -> str:
    """Return which pipeline a trace came through: its source and device."""
    return f"{trace.source}/{trace.device}"


def balanced(traces: Sequence[Trace]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return weights that add up to the number of traces: people and bots alike, then devices and bot families, then subjects."""
    keys = [(trace.label, group(trace) if trace.label == HUMAN else trace.family, trace.subject) for trace in traces]
    counts = Counter(keys)
    subjects = Counter(key[:2] for key in counts)
    groups = Counter(key[0] for key in subjects)
    return np.array([len(traces) / 2.0 / groups[key[0]] / subjects[key[:2]] / counts[key] for key in keys])
