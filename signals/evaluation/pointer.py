"""The report card of moves: people, families and devices held out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.evaluation.card import Card
from signals.evaluation.scored import Scored, abstained, evidence, note, note_device, pick, scored
from signals.figures import threshold
from signals.fitting.curves import Effort, fit_curves, folds_of, subject_folds
from signals.fitting.pointer import MOVERS, by_rate, enough, measured
from signals.fitting.stroke_samples import DRAWN, asked_movers, draw_strokes, taught_movers
from signals.regress import additive, place_knots
from signals.samples import Families, Rng, group
from signals.timing.additive import Curves, Floats, basis
from signals.traces import BOT, HUMAN, Trace

Rows = NDArray[np.bool_]

OUTER: Final = 3
"""Folds of subjects: each is scored by what was fitted on the others."""
EVENTS: Final = 30
_STROKE_RANGE: Final = (24, 44)
_LIKE: Final[Mapping[str, tuple[str, ...]]] = {
    "linear": ("line",),
    "eased": ("line",),
    "minimum_jerk": ("line", "arc"),
    "bezier": ("bezier", "spline"),
    "windmouse": ("wind",),
    "lognormal_strokes": ("strokes",),
    "perlin": ("noise",),
    "gaussian_walk": ("walk",),
    "pynput": ("arc",),
    "public_windmouse": ("wind",),
    "public_humancursor": ("bezier", "spline"),
}
"""Family to the shapes of drawn scripts whose ways are like its own: who leaves it out of a fit leaves these out too."""
_LIKE_FAMILY: Final = {"public_windmouse": "windmouse", "windmouse": "public_windmouse", "public_humancursor": "bezier"}


def evaluate_pointer(
    card: Card, channel: str, people: Sequence[Trace], bots: Sequence[Trace], families: Families, rng: Rng, effort: Effort, left_out: bool
) -> None:
    """Fill in the rows of one channel of moves, none where nothing can be fitted; without `left_out` no family and no device is left out.

    Where too few people are left without a device, nothing is fitted, and every window of that device is an abstention.
    """
    fitted, features = measured(draw_strokes(people, bots, taught_movers(families), _STROKE_RANGE, 2 * effort.per_subject, rng, MOVERS))
    drawn = draw_strokes(people, bots, asked_movers(families), (EVENTS - 3, EVENTS - 3), 2 * effort.per_subject, rng)
    tested, asked = measured(drawn)
    if not enough(fitted):
        return
    outer = subject_folds([trace for trace in (*people, *bots) if trace.label == HUMAN], rng, OUTER)
    inner = folds_of(people, bots, rng)
    fold_of = {trace.id: at % OUTER for at, trace in enumerate(bots)}
    fit_fold = np.array([outer.get(trace.subject, fold_of.get(trace.id, 0)) for trace in fitted])
    test_fold = np.array([outer.get(trace.subject, fold_of.get(trace.id, 0)) for trace in tested])
    kept: list[Scored] = []
    names = sorted({trace.family for trace in tested if trace.label == BOT})
    unknown: dict[str, list[Scored]] = {family: [] for family in names}
    for fold in range(OUTER):
        rows, held = fit_fold != fold, test_fold == fold
        chosen = pick(fitted, rows)
        curves = fit_curves(_STROKE_RANGE[0], features[rows], chosen, inner, False, weights=by_rate(chosen, features[rows]))
        kept += scored(curves, asked[held], pick(tested, held), unknown=True)
        for family in names if left_out else ():
            without = unlike(family)
            some = rows & np.array([trace.family not in without for trace in fitted])
            these = held & np.array([trace.family in (family, HUMAN) for trace in tested])
            unknown[family] += scored(_refitted(curves, fitted, features, some), asked[these], pick(tested, these), unknown=True)
    silent = abstained(drawn, tested)
    for family in names if left_out else ():
        unknown[family] += [one for one in silent if one.trace.family in (family, HUMAN)]
    note(card, channel, [*kept, *silent], unknown)
    for name in sorted({group(trace) for trace in fitted if trace.label == HUMAN}) if left_out else ():
        rows = (fit_fold != 0) & np.array([trace.label == BOT or group(trace) != name for trace in fitted])
        if not enough(pick(fitted, rows)):
            note_device(card, f"{channel}/{name}", abstained([trace for trace in drawn if group(trace) == name], ()), np.inf)
            continue
        curves = _refitted(curves, fitted, features, rows)
        there = np.array([group(trace) == name for trace in tested])
        known = (test_fold == 0) & ~there
        usual = evidence(scored(curves, asked[known], pick(tested, known), unknown=True), HUMAN)
        unseen = scored(curves, asked[there], pick(tested, there), unknown=True)
        unseen += [one for one in silent if group(one.trace) == name]
        note_device(card, f"{channel}/{name}", unseen, threshold(usual, 0.01))


def unlike(family: str) -> frozenset[str]:
    """Return the families that a fit must not see when this one is left out: itself, and what draws ways like its own."""
    return frozenset({family, _LIKE_FAMILY.get(family, family), *(f"{DRAWN}{shape}" for shape in _LIKE.get(family, ()))})


def _refitted(curves: Curves, fitted: Sequence[Trace], features: Floats, rows: Rows) -> Curves:
    """Return curves of these rows, with the calibration of those that saw every family: it moves all thresholds alike."""
    chosen = pick(fitted, rows)
    weights = by_rate(chosen, features[rows])
    bot = np.array([trace.label != HUMAN for trace in chosen])
    knots = place_knots(features[rows], weights)
    values, bias = additive(basis(features[rows], knots), bot, weights, knots.shape)
    return replace(curves, knots=knots, values=values, bias=bias)
