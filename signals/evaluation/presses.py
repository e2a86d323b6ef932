"""The report card of keys and of clicks: people, families and devices held out, and how soon a decision can be made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from signals.evaluation.card import Card
from signals.evaluation.scored import Scored, evidence, note, note_device, scored
from signals.figures import found_at, threshold
from signals.fitting.curves import Effort, fit_curves, subject_folds
from signals.fitting.press_samples import Draw, draw, of_presses
from signals.fitting.presses import Learnt, learn_content
from signals.samples import HONEST, Families, Rng, group
from signals.traces import BOT, HUMAN, Trace

OUTER: Final = 3
"""Folds of subjects: each is scored by what was fitted on the others."""
INTERVALS: Final = 100
PRESS_RANGE: Final = (70, 139)
_LENGTHS: Final[Mapping[str, tuple[tuple[int, int, int], ...]]] = {
    "keys": ((25, 24, 39), (50, 40, 69), (100, 70, 139), (200, 140, 279)),
    "clicks": ((25, 24, 39), (50, 40, 69)),
}
_TAUGHT: Final = 2
"""Times as many windows a person go into a fit as are asked for: the fit that ships has more than an evaluation needs."""
_HUNDREDS: Final = Draw((INTERVALS, INTERVALS), 60, plain=True)


def evaluate_presses(
    card: Card, channel: str, people: Sequence[Trace], families: Families, rng: Rng, effort: Effort, left_out: bool
) -> None:
    """Fill in the rows of one channel; without `left_out` no family and no device is left out, and no lengths are tried."""
    outer = subject_folds(people, rng, OUTER)
    honest = families.get(HONEST, {})
    kept: list[Scored] = []
    unknown: dict[str, list[Scored]] = {family: [] for family in families[channel]}
    for fold in range(OUTER):
        seen = [trace for trace in people if outer[trace.subject] != fold]
        held = [trace for trace in people if outer[trace.subject] == fold]
        learnt = learn_content(channel, seen, rng)
        fitted = draw(seen, channel, families[channel], Draw(PRESS_RANGE, _taught(effort, people), effort.bots), rng, honest)
        features = learnt.features(fitted)
        tested = of_presses(
            draw(held, channel, families[channel], Draw((INTERVALS, INTERVALS), effort.windows(people), effort.bots, True), rng)
        )
        asked = learnt.features(tested)
        kept += scored(fit_curves(PRESS_RANGE[0], features, fitted, learnt.folds), asked, tested)
        for family in sorted(unknown) if fold == 0 and left_out else ():
            without = np.array([trace.family != family for trace in fitted])
            chosen = [trace for trace in fitted if trace.family != family]
            rows = np.array([trace.family in (family, HUMAN) for trace in tested])
            some = [trace for trace in tested if trace.family in (family, HUMAN)]
            unknown[family] += scored(fit_curves(PRESS_RANGE[0], features[without], chosen, learnt.folds, False), asked[rows], some)
        if fold == 0 and left_out:
            _by_length(card, channel, seen, held, learnt, families, rng, effort)
    note(card, channel, kept, unknown)
    if left_out:
        _presses_by_device(card, channel, people, families, rng, effort)


def _taught(effort: Effort, people: Sequence[Trace]) -> int:
    return _TAUGHT * effort.windows(people)


def _by_length(
    card: Card,
    channel: str,
    seen: Sequence[Trace],
    held: Sequence[Trace],
    learnt: Learnt,
    families: Families,
    rng: Rng,
    effort: Effort,
) -> None:
    for length, low, high in _LENGTHS[channel]:
        fitted = draw(
            seen, channel, families[channel], Draw((low, high), _taught(effort, seen), effort.bots), rng, families.get(HONEST, {})
        )
        tested = of_presses(draw(held, channel, families[channel], Draw((length, length), effort.windows(held), effort.bots, True), rng))
        kept = scored(fit_curves(low, learnt.features(fitted), fitted, learnt.folds, False), learnt.features(tested), tested)
        seconds = float(np.median([one.trace.seconds for one in kept if one.trace.label == HUMAN]))
        card.lengths[f"{channel}/{length}"] = (seconds, found_at(evidence(kept, HUMAN), evidence(kept, BOT), 0.01))


def _presses_by_device(card: Card, channel: str, people: Sequence[Trace], families: Families, rng: Rng, effort: Effort) -> None:
    groups = sorted({group(trace) for trace in people})
    honest = families.get(HONEST, {})
    for name in groups if len(groups) > 1 else ():
        seen = [trace for trace in people if group(trace) != name]
        if len({trace.subject for trace in seen}) < 2 * OUTER:
            continue
        half = subject_folds(seen, rng, 2)
        fit_on = [trace for trace in seen if half[trace.subject]]
        learnt = learn_content(channel, fit_on, rng)
        fitted = draw(fit_on, channel, families[channel], Draw(PRESS_RANGE, _taught(effort, people), effort.bots), rng, honest)
        curves = fit_curves(PRESS_RANGE[0], learnt.features(fitted), fitted, learnt.folds)
        known = draw([trace for trace in seen if not half[trace.subject]], channel, {}, _HUNDREDS, rng)
        there = [trace for trace in people if group(trace) == name]
        other = draw(there, channel, families[channel], replace(_HUNDREDS, bots=1), rng)
        nominal = threshold(evidence(scored(curves, learnt.features(known), known), HUMAN), 0.01)
        unseen = scored(curves, learnt.features(other), other, unknown=True)
        note_device(card, f"{channel}/{name}", unseen, nominal)
