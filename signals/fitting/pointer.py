"""The fit of moves: people against recorded bots and the zoo's movers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from signals.fitting.curves import SIZES, Effort, fit_curves, folds_of
from signals.fitting.stroke_samples import draw_strokes, taught_movers
from signals.samples import Families, Rng, balanced
from signals.timing import kinematics
from signals.timing.additive import Floats
from signals.timing.model import Channel
from signals.timing.windows import Timing, Window, learn
from signals.traces import HUMAN, Trace, facts
from wire import kinds

MOVERS: Final = 2.0
"""Bots that a fit draws for each stretch of a person's."""


MOVES: Final[Mapping[str, int]] = {"pointer": kinds.POINTER_MOVE, "touch": kinds.TOUCH_MOVE}
"""Channel to the kind of its events: mice and fingers are fitted apart."""
MIN_PEOPLE: Final = 8
"""People that a fit of moves needs: what fewer have in common is their devices."""


def enough(traces: Sequence[Trace]) -> bool:
    """Return whether these are stretches of so many people that curves may be fitted on them."""
    return len({trace.subject for trace in traces if trace.label == HUMAN}) >= MIN_PEOPLE


def moved(traces: Sequence[Trace], move: int) -> list[Trace]:
    """Return the traces with enough moves of this kind."""
    return [trace for trace in traces if np.count_nonzero(trace.kind == move) > SIZES["pointer"][0]]


def fit_pointer(people: Sequence[Trace], bots: Sequence[Trace], families: Families, rng: Rng, effort: Effort) -> Channel | None:
    """Return the fitted channel of moves: people against recorded bots and the zoo's movers; None where too few people can be judged."""
    folds = folds_of(people, bots, rng)
    curves = []
    for low, high in pairwise(effort.sizes or SIZES["pointer"]):
        drawn = draw_strokes(people, bots, taught_movers(families), (low, high - 1), 2 * effort.per_subject, rng, MOVERS)
        traces, features = measured(drawn)
        if not enough(traces):
            return None
        curves.append(fit_curves(low, features, traces, folds, care=False, card=True, weights=by_rate(traces, features)))
    return Channel(kinematics.NAMES, kinematics.GROUPS, tuple(curves))


def by_rate(traces: Sequence[Trace], features: Floats) -> Floats:
    """Return weights by which fast pipelines count as devices of their own, whatever device they came through."""
    fast = features[:, kinematics.WAIT] < kinematics.FAST
    return balanced([replace(trace, device=f"{trace.device}/{one}") for trace, one in zip(traces, fast.tolist(), strict=True)])


def measured(traces: Sequence[Trace]) -> tuple[list[Trace], Floats]:
    """Return the traces whose movement can be judged, and their features."""
    pairs = [(trace, kinematics.features(strokes(trace))[0]) for trace in traces]
    known = [(trace, features) for trace, features in pairs if len(features)]
    return [trace for trace, _ in known], np.array([features for _, features in known]).reshape(-1, len(kinematics.NAMES))


def strokes(trace: Trace) -> Window:
    """Return the window of moves that scoring would see after this trace: the pointer's, or the fingers' where there are more of them."""
    timing = learn(Timing(), facts(trace))
    return timing.touches if timing.touches.seen > timing.moves.seen else timing.moves
