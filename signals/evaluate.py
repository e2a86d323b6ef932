"""How well timing tells bots from people it never saw: by family, device and subject group, devices and families left out in turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from signals.figures import Figures, figures, found_at, threshold
from signals.fit import UNKNOWN, Effort, Learnt, fit_curves, learn_content, measured, subject_folds, taught_by
from signals.samples import PRESS, Draw, Families, Rng, draw, draw_strokes, group, of_presses
from signals.timing.additive import Curves, Floats
from signals.traces import BOT, HUMAN, Trace

OUTER: Final = 3
"""Folds of subjects: each is scored by what was fitted on the others."""
INTERVALS: Final = 100
EVENTS: Final = 30
_PRESS_RANGE: Final = (70, 139)
_STROKE_RANGE: Final = (24, 44)
_LENGTHS: Final[Mapping[str, tuple[tuple[int, int, int], ...]]] = {
    "keys": ((25, 24, 39), (50, 40, 69), (100, 70, 139), (200, 140, 279)),
    "clicks": ((25, 24, 39), (50, 40, 69)),
}


@dataclass(frozen=True, slots=True)
class Pooled:
    """Evidence of one channel on held-out people and their imitators, for the picture."""

    people: Floats
    bots: Floats


@dataclass(frozen=True, slots=True)
class Card:
    """A report card: every table by name, every row by name."""

    families: dict[str, Figures] = field(default_factory=dict)
    """`channel/family`, people and family known by kind, subjects held out; `channel/all` pools the families."""
    left_out: dict[str, Figures] = field(default_factory=dict)
    """`channel/family`, a family that was not in the fit."""
    devices: dict[str, float] = field(default_factory=dict)
    """`channel/device`: true false alarms at a nominal 1 % on a device that was not in the fit."""
    subjects: dict[str, float] = field(default_factory=dict)
    """`channel/device`: false alarms at 1 % overall, on held-out people of devices that were in the fit."""
    lengths: dict[str, tuple[float, float]] = field(default_factory=dict)
    """`channel/events`: median seconds of play, and bots found at 1 % false alarms."""
    pooled: dict[str, Pooled] = field(default_factory=dict)


def evaluate(traces: Sequence[Trace], families: Families, seed: int, effort: Effort, left_out: bool = True) -> Card:
    """Return the report card of a fit of these traces. Deterministic for a seed.

    Without `left_out` only the families' table is filled: no family or device is left out, and no lengths are tried.
    """
    card = Card()
    people = [trace for trace in traces if trace.label == HUMAN]
    for at, channel in enumerate(PRESS):
        own = [trace for trace in people if np.count_nonzero(trace.kind == PRESS[channel]) > _PRESS_RANGE[0]]
        if families.get(channel) and len({trace.subject for trace in own}) >= 2 * OUTER:
            _presses(card, channel, own, families, np.random.default_rng((seed, at)), effort, left_out)
    bots = [trace for trace in traces if trace.label == BOT]
    _pointer(card, people, bots, families, np.random.default_rng((seed, len(PRESS))), effort)
    return card


def _presses(card: Card, channel: str, people: Sequence[Trace], families: Families, rng: Rng, effort: Effort, left_out: bool) -> None:
    outer = subject_folds(people, rng, OUTER)
    kept: list[_Scored] = []
    unknown: dict[str, list[_Scored]] = {family: [] for family in families[channel]}
    for fold in range(OUTER):
        seen = [trace for trace in people if outer[trace.subject] != fold]
        held = [trace for trace in people if outer[trace.subject] == fold]
        learnt = learn_content(channel, seen, rng)
        fitted = draw(seen, channel, taught_by(families[channel]), Draw(_PRESS_RANGE, effort.windows(people), effort.bots), rng)
        features = learnt.features(fitted)
        tested = of_presses(
            draw(held, channel, families[channel], Draw((INTERVALS, INTERVALS), effort.windows(people), effort.bots, True), rng)
        )
        asked = learnt.features(tested)
        kept += _scored(fit_curves(_PRESS_RANGE[0], features, fitted, learnt.folds), asked, tested)
        for family in sorted(unknown) if fold == 0 and left_out else ():
            without = np.array([trace.family != family for trace in fitted])
            chosen = [trace for trace in fitted if trace.family != family]
            rows = np.array([trace.family in (family, HUMAN) for trace in tested])
            some = [trace for trace in tested if trace.family in (family, HUMAN)]
            unknown[family] += _scored(fit_curves(_PRESS_RANGE[0], features[without], chosen, learnt.folds, False), asked[rows], some)
        if fold == 0 and left_out:
            _by_length(card, channel, seen, held, learnt, families, rng, effort)
    _note(card, channel, kept, unknown)
    if left_out:
        _presses_by_device(card, channel, people, families, rng, effort)


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
        fitted = draw(seen, channel, taught_by(families[channel]), Draw((low, high), effort.windows(seen), effort.bots), rng)
        tested = of_presses(draw(held, channel, families[channel], Draw((length, length), effort.windows(held), effort.bots, True), rng))
        scored = _scored(fit_curves(low, learnt.features(fitted), fitted, learnt.folds, False), learnt.features(tested), tested)
        seconds = float(np.median([one.trace.seconds for one in scored if one.trace.label == HUMAN]))
        card.lengths[f"{channel}/{length}"] = (seconds, found_at(_evidence(scored, HUMAN), _evidence(scored, BOT), 0.01))


def _presses_by_device(card: Card, channel: str, people: Sequence[Trace], families: Families, rng: Rng, effort: Effort) -> None:
    groups = sorted({group(trace) for trace in people})
    for name in groups if len(groups) > 1 else ():
        seen = [trace for trace in people if group(trace) != name]
        if len({trace.subject for trace in seen}) < 2 * OUTER:
            continue
        half = subject_folds(seen, rng, 2)
        fit_on = [trace for trace in seen if half[trace.subject]]
        learnt = learn_content(channel, fit_on, rng)
        fitted = draw(fit_on, channel, taught_by(families[channel]), Draw(_PRESS_RANGE, effort.windows(people), effort.bots), rng)
        curves = fit_curves(_PRESS_RANGE[0], learnt.features(fitted), fitted, learnt.folds)
        known = draw([trace for trace in seen if not half[trace.subject]], channel, {}, _HUNDREDS, rng)
        other = draw([trace for trace in people if group(trace) == name], channel, {}, _HUNDREDS, rng)
        nominal = threshold(_evidence(_scored(curves, learnt.features(known), known), HUMAN), 0.01)
        alarms = _evidence(_scored(curves, learnt.features(other), other, unknown=True), HUMAN)
        card.devices[f"{channel}/{name}"] = float((alarms > nominal).mean())


_HUNDREDS: Final = Draw((INTERVALS, INTERVALS), 60, plain=True)


def _pointer(card: Card, people: Sequence[Trace], bots: Sequence[Trace], families: Families, rng: Rng, effort: Effort) -> None:
    fitted, features = measured(draw_strokes(people, bots, families.get("pointer", {}), _STROKE_RANGE, 2 * effort.per_subject, rng))
    drawn = draw_strokes(people, bots, families.get("pointer", {}), (EVENTS - 3, EVENTS - 3), 2 * effort.per_subject, rng)
    tested, asked = measured(drawn)
    if not fitted:
        return
    outer = subject_folds([trace for trace in (*people, *bots) if trace.label == HUMAN], rng, OUTER)
    inner = subject_folds([*people, *bots], rng)
    fold_of = {trace.id: at % OUTER for at, trace in enumerate(bots)}
    fit_fold = np.array([outer.get(trace.subject, fold_of.get(trace.id, 0)) for trace in fitted])
    test_fold = np.array([outer.get(trace.subject, fold_of.get(trace.id, 0)) for trace in tested])
    kept: list[_Scored] = []
    names = sorted({trace.family for trace in fitted if trace.label == BOT})
    unknown: dict[str, list[_Scored]] = {family: [] for family in names}
    for fold in range(OUTER):
        rows, held = fit_fold != fold, test_fold == fold
        curves = fit_curves(_STROKE_RANGE[0], features[rows], _pick(fitted, rows), inner, False)
        kept += _scored(curves, asked[held], _pick(tested, held))
        for family in names:
            some = rows & np.array([trace.family != family for trace in fitted])
            these = held & np.array([trace.family in (family, HUMAN) for trace in tested])
            curves = fit_curves(_STROKE_RANGE[0], features[some], _pick(fitted, some), inner, False)
            unknown[family] += _scored(curves, asked[these], _pick(tested, these))
    _note(card, "pointer", kept, unknown)
    groups = np.array([group(trace) for trace in fitted])
    test_groups = np.array([group(trace) for trace in tested])
    human = np.array([trace.label == HUMAN for trace in fitted])
    test_human = np.array([trace.label == HUMAN for trace in tested])
    for name in sorted(set(groups[human].tolist())):
        rows = (~human | (groups != name)) & (fit_fold != 0)
        curves = fit_curves(_STROKE_RANGE[0], features[rows], _pick(fitted, rows), inner)
        known = test_human & (test_groups != name) & (test_fold == 0)
        other = test_human & (test_groups == name)
        nominal = threshold(_evidence(_scored(curves, asked[known], _pick(tested, known)), HUMAN), 0.01)
        alarms = _evidence(_scored(curves, asked[other], _pick(tested, other), unknown=True), HUMAN)
        card.devices[f"pointer/{name}"] = float((alarms > nominal).mean())


@dataclass(frozen=True, slots=True)
class _Scored:
    trace: Trace
    evidence: float


def _scored(curves: Curves, features: Floats, traces: Sequence[Trace], unknown: bool = False) -> list[_Scored]:
    out = []
    for row, trace in zip(features, traces, strict=True):
        shares, own = curves.calibrated(row, UNKNOWN if unknown else trace.device)
        out.append(_Scored(trace, float(shares.sum()) + own))
    return out


def _note(card: Card, channel: str, kept: Sequence[_Scored], unknown: Mapping[str, Sequence[_Scored]]) -> None:
    people = _evidence(kept, HUMAN)
    everything = _evidence(kept, BOT)
    card.pooled[channel] = Pooled(people, everything)
    card.families[f"{channel}/all"] = figures(people, everything)
    for family in sorted({one.trace.family for one in kept if one.trace.label == BOT}):
        bots = np.array([one.evidence for one in kept if one.trace.family == family])
        card.families[f"{channel}/{family}"] = figures(people, bots)
        if unknown.get(family):
            card.left_out[f"{channel}/{family}"] = figures(_evidence(unknown[family], HUMAN), _evidence(unknown[family], BOT))
    nominal = threshold(people, 0.01)
    for name in sorted({group(one.trace) for one in kept if one.trace.label == HUMAN}):
        own = np.array([one.evidence for one in kept if one.trace.label == HUMAN and group(one.trace) == name])
        card.subjects[f"{channel}/{name}"] = float((own > nominal).mean())


def _evidence(scored: Sequence[_Scored], label: str) -> Floats:
    return np.array([one.evidence for one in scored if one.trace.label == label])


def _pick(traces: Sequence[Trace], rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[Trace]:
    return [trace for trace, chosen in zip(traces, rows.tolist(), strict=True) if chosen]
