"""Stretches of pointer and finger events of people and of recorded bots, and movers in the place of people's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from signals.samples import Families, Imitate, Rng, log_uniform
from signals.traces import BOT, HUMAN, Trace
from wire import kinds

DRAWN: Final = "drawn_"
"""What the names of families begin with that scripts drawn at random make up: fits learn from them, evaluations never ask for them."""
_STROKES: Final = tuple(range(kinds.POINTER_MOVE, kinds.TOUCH_UP + 1))
_MOST_STRETCHES: Final = 12


def taught_movers(families: Families) -> Mapping[str, Imitate]:
    """Return the movers that a fit learns from."""
    return {**families.get("pointer", {}), **families.get("scripts", {})}


def asked_movers(families: Families) -> Mapping[str, Imitate]:
    """Return the movers that an evaluation asks for."""
    return {**families.get("pointer", {}), **families.get("public", {})}


def draw_strokes(
    people: Sequence[Trace],
    bots: Sequence[Trace],
    families: Mapping[str, Imitate],
    events: tuple[int, int],
    per_subject: int,
    rng: Rng,
    movers: float = 0.5,
) -> list[Trace]:
    """Return stretches of pointer or finger events of people and of recorded bots, and so many movers for each of people's."""
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
            for _ in range(int(movers + rng.random()) if label == HUMAN and names else 0):
                family = names[turn % len(names)]
                turn += 1
                found.append(replace(families[family](stretch, rng), label=BOT, family=family))
    return found


def _several(stretches: Sequence[Trace]) -> int:
    """One recording stands for one person; short recordings of a device (one subject) count more, so that each device is seen enough."""
    return 8 if len({stretch.id for stretch in stretches}) > 20 else 1


def _stretches(moves: Trace, events: tuple[int, int], rng: Rng) -> Iterable[Trace]:
    places = []
    start = 0
    while True:
        size = round(log_uniform(events[0] + 3, events[1] + 3, rng))
        if start + size > len(moves):
            break
        places.append((start, size))
        start += size
    if len(places) > _MOST_STRETCHES:
        places = [places[at] for at in sorted(rng.choice(len(places), _MOST_STRETCHES, replace=False))]
    for start, size in places:
        yield moves.take(slice(start, start + size))
