"""How soon moves let a decision be made: stretches of several lengths, people held out."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from signals.evaluation.card import Card
from signals.evaluation.scored import Scored, abstained, evidence, pick, scored
from signals.figures import found_at
from signals.fitting.curves import Effort, fit_curves, fold_of, folds_of
from signals.fitting.pointer import MOVERS, by_rate, enough, measured
from signals.fitting.stroke_samples import asked_movers, draw_strokes, taught_movers
from signals.samples import Families, Rng
from signals.traces import BOT, HUMAN, Trace

_LENGTHS: Final = ((30, 24, 44), (60, 45, 79), (120, 80, 149))
"""Events that are judged, and the range of sizes that their curves are fitted on."""


def pointer_lengths(
    card: Card, channel: str, people: Sequence[Trace], bots: Sequence[Trace], families: Families, rng: Rng, effort: Effort
) -> None:
    """Fill in `channel/events` for every length: median seconds of play, and bots found at 1 % false alarms."""
    folds = folds_of(people, bots, rng)
    for length, low, high in _LENGTHS:
        fitted, features = measured(draw_strokes(people, bots, taught_movers(families), (low, high), effort.per_subject, rng, MOVERS))
        drawn = draw_strokes(people, bots, asked_movers(families), (length - 3, length - 3), effort.per_subject, rng)
        tested, asked = measured(drawn)
        seen = np.array([fold_of(trace, folds) != 0 for trace in fitted], np.bool_)
        held = np.array([fold_of(trace, folds) == 0 for trace in tested], np.bool_)
        chosen = pick(fitted, seen)
        if not (enough(chosen) and held.any()):
            continue
        curves = fit_curves(low, features[seen], chosen, folds, False, weights=by_rate(chosen, features[seen]))
        kept: list[Scored] = scored(curves, asked[held], pick(tested, held), unknown=True)
        kept += [one for one in abstained(drawn, tested) if fold_of(one.trace, folds) == 0]
        seconds = float(np.median([one.trace.seconds for one in kept if one.trace.label == HUMAN]))
        card.lengths[f"{channel}/{length}"] = (seconds, found_at(evidence(kept, HUMAN), evidence(kept, BOT), 0.01))
