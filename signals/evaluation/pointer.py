"""The report card of moves: people, families and devices held out."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from signals.evaluation.card import Card
from signals.evaluation.scored import Scored, abstained, evidence, note, pick, scored
from signals.figures import threshold
from signals.fitting.curves import Effort, fit_curves, folds_of, subject_folds
from signals.fitting.pointer import measured
from signals.fitting.stroke_samples import draw_strokes
from signals.samples import Families, Rng, group
from signals.traces import BOT, HUMAN, Trace

OUTER: Final = 3
"""Folds of subjects: each is scored by what was fitted on the others."""
EVENTS: Final = 30
_STROKE_RANGE: Final = (24, 44)


def evaluate_pointer(card: Card, people: Sequence[Trace], bots: Sequence[Trace], families: Families, rng: Rng, effort: Effort) -> None:
    fitted, features = measured(draw_strokes(people, bots, families.get("pointer", {}), _STROKE_RANGE, 2 * effort.per_subject, rng))
    drawn = draw_strokes(people, bots, families.get("pointer", {}), (EVENTS - 3, EVENTS - 3), 2 * effort.per_subject, rng)
    tested, asked = measured(drawn)
    if not fitted:
        return
    outer = subject_folds([trace for trace in (*people, *bots) if trace.label == HUMAN], rng, OUTER)
    inner = folds_of(people, bots, rng)
    fold_of = {trace.id: at % OUTER for at, trace in enumerate(bots)}
    fit_fold = np.array([outer.get(trace.subject, fold_of.get(trace.id, 0)) for trace in fitted])
    test_fold = np.array([outer.get(trace.subject, fold_of.get(trace.id, 0)) for trace in tested])
    kept: list[Scored] = []
    names = sorted({trace.family for trace in fitted if trace.label == BOT})
    unknown: dict[str, list[Scored]] = {family: [] for family in names}
    for fold in range(OUTER):
        rows, held = fit_fold != fold, test_fold == fold
        curves = fit_curves(_STROKE_RANGE[0], features[rows], pick(fitted, rows), inner, False)
        kept += scored(curves, asked[held], pick(tested, held))
        for family in names:
            some = rows & np.array([trace.family != family for trace in fitted])
            these = held & np.array([trace.family in (family, HUMAN) for trace in tested])
            curves = fit_curves(_STROKE_RANGE[0], features[some], pick(fitted, some), inner, False)
            unknown[family] += scored(curves, asked[these], pick(tested, these))
    silent = abstained(drawn, tested)
    for family in names:
        unknown[family] += [one for one in silent if one.trace.family in (family, HUMAN)]
    note(card, "pointer", [*kept, *silent], unknown)
    groups = np.array([group(trace) for trace in fitted])
    test_groups = np.array([group(trace) for trace in tested])
    human = np.array([trace.label == HUMAN for trace in fitted])
    test_human = np.array([trace.label == HUMAN for trace in tested])
    for name in sorted(set(groups[human].tolist())):
        rows = (~human | (groups != name)) & (fit_fold != 0)
        curves = fit_curves(_STROKE_RANGE[0], features[rows], pick(fitted, rows), inner)
        known = test_human & (test_groups != name) & (test_fold == 0)
        other = test_human & (test_groups == name)
        nominal = threshold(evidence(scored(curves, asked[known], pick(tested, known)), HUMAN), 0.01)
        alarms = evidence(scored(curves, asked[other], pick(tested, other), unknown=True), HUMAN)
        card.devices[f"pointer/{name}"] = float((alarms > nominal).mean())
