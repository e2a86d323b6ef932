"""Fit the timing model: tables on what people show, curves on people against bots, calibration on people that the curves never saw.

Deterministic: the same traces, families and seed give the same model. Everything is split by subject.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray

from signals.regress import Bools, additive, multinomial, place_knots, platt
from signals.samples import PRESS, Draw, Families, Imitate, Rng, balanced, draw, draw_strokes, group
from signals.timing import content, kinematics, quantise, rhythm
from signals.timing.additive import Curves, Floats, basis
from signals.timing.content import Tables
from signals.timing.model import Channel, TimingModel
from signals.timing.rhythm import Presses
from signals.timing.windows import Timing, Window, learn
from signals.traces import HUMAN, Trace, facts
from signals.types import IntArray
from wire import kinds

SIZES: Final[Mapping[str, tuple[int, ...]]] = {
    "keys": (24, 40, 70, 140, 280, 480),
    "clicks": (24, 40, 70, 140),
    "pointer": (18, 40, 80, 150),
}
"""Edges of the ranges of window sizes (intervals, or pointer events): each range has its own curves, the last also for what is larger."""
VERSION: Final = "timing-1"
FOLDS: Final = 4
UNKNOWN: Final = "*"
_MOST_HUNDREDS: Final = 400
_MIN_CLASS: Final = 60
_NOMINAL: Final = 0.99
_UNMEASURED_CARE: Final = 3.0
"""What is taken off the sum for unknown devices where one device was recorded, so that nobody can tell how much it ought to be."""
_TOO_CLOSE: Final = frozenset({"digraph_aware"})
"""Bots that keep what the features look for: they are evaluated, but in a fit they would only teach it to see noise."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a fit draws: windows a person per range of sizes, and bots for each window."""

    per_subject: int = 25
    bots: int = 4
    sizes: tuple[int, ...] | None = None

    def windows(self, people: Sequence[Trace]) -> int:
        """Return how many windows a person; more where there are few people."""
        return max(self.per_subject, 60 * self.per_subject // len({trace.subject for trace in people}))


def taught_by(families: Mapping[str, Imitate]) -> Mapping[str, Imitate]:
    """Return the families that a fit learns from."""
    return {family: imitate for family, imitate in families.items() if family not in _TOO_CLOSE}


def fit_presses(channel: str, people: Sequence[Trace], families: Families, rng: Rng, effort: Effort) -> Channel:
    """Return the fitted channel `keys` or `clicks`. `people` are human traces only."""
    learnt = learn_content(channel, people, rng)
    taught = taught_by(families[channel])
    curves = []
    for low, high in pairwise(effort.sizes or SIZES[channel]):
        traces = draw(people, channel, taught, Draw((low, high - 1), effort.windows(people), effort.bots), rng)
        curves.append(fit_curves(low, learnt.features(traces), traces, learnt.folds))
    return Channel(rhythm.NAMES, rhythm.GROUPS, tuple(curves), learnt.tables)


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """Tables from everybody, and for each fold of subjects tables that have not seen it."""

    channel: str
    folds: Mapping[str, int]
    tables: Tables
    without: tuple[Tables, ...]

    def features(self, traces: Sequence[Trace]) -> Floats:
        """Return the features of each trace by tables that have not seen its subject."""
        return np.array([rhythm.features(taken_apart(self.channel, trace), self._unseen(trace)) for trace in traces])

    def _unseen(self, trace: Trace) -> Tables:
        fold = self.folds.get(trace.subject)
        return self.tables if fold is None else self.without[fold]


def learn_content(channel: str, people: Sequence[Trace], rng: Rng) -> Learnt:
    """Return what people's latencies have to do with content."""
    folds = subject_folds(people, rng)
    stretches = draw(people, channel, {}, Draw((100, 100), _MOST_HUNDREDS // 5, plain=True), rng)
    if channel == "clicks":
        stretches += draw(people, channel, {}, Draw((40, 60), 3, plain=True), rng)
    plain = [taken_apart(channel, trace) for trace in stretches]
    owners = [folds[trace.subject] for trace in stretches]
    without = [fit_tables([one for one, owner in zip(plain, owners, strict=True) if owner != fold]) for fold in range(FOLDS)]
    return Learnt(channel, folds, fit_tables(plain), tuple(without))


def fit_pointer(people: Sequence[Trace], bots: Sequence[Trace], families: Families, rng: Rng, effort: Effort) -> Channel:
    """Return the fitted channel of moves: people against recorded bots and the zoo's movers."""
    folds = subject_folds([*people, *bots], rng)
    curves = []
    for low, high in pairwise(effort.sizes or SIZES["pointer"]):
        traces, features = measured(draw_strokes(people, bots, families["pointer"], (low, high - 1), 2 * effort.per_subject, rng))
        curves.append(fit_curves(low, features, traces, folds))
    return Channel(kinematics.NAMES, kinematics.GROUPS, tuple(curves))


def measured(traces: Sequence[Trace]) -> tuple[list[Trace], Floats]:
    """Return the traces whose movement can be judged, and their features."""
    pairs = [(trace, kinematics.features(strokes(trace))[0]) for trace in traces]
    known = [(trace, features) for trace, features in pairs if len(features)]
    return [trace for trace, _ in known], np.array([features for _, features in known]).reshape(-1, len(kinematics.NAMES))


def strokes(trace: Trace) -> Window:
    """Return the window of moves that scoring would see after this trace: the pointer's, or the fingers' where there are more of them."""
    timing = learn(Timing(), facts(trace))
    return timing.touches if timing.touches.seen > timing.moves.seen else timing.moves


def taken_apart(channel: str, trace: Trace) -> Presses:
    """Return the channel's presses as scoring would see them after this trace."""
    timing = learn(Timing(), facts(trace))
    return rhythm.keys(timing.keys) if channel == "keys" else rhythm.clicks(timing.clicks)


def fit_tables(presses: Sequence[Presses]) -> Tables:
    """Return the tables of latency against content: a multinomial logistic regression of the rank bin on its contexts."""
    rows: list[IntArray] = []
    targets = []
    nothing = 3 * content.PAIRS + 2 * quantise.BINS
    for one in presses:
        binned = quantise.bins(one.intervals, np.sort(one.intervals))
        pairs = one.codes[:-1] * content.CLASSES + one.codes[1:]
        row = np.full((len(binned), 5), nothing)
        row[:, 0] = pairs
        row[1:, 1] = content.PAIRS + pairs[:-1]
        row[:-1, 2] = 2 * content.PAIRS + pairs[1:]
        row[1:, 3] = 3 * content.PAIRS + binned[:-1]
        row[2:, 4] = 3 * content.PAIRS + quantise.BINS + binned[:-2]
        rows.append(row)
        targets.append(binned)
    weights = multinomial(np.concatenate(rows), np.concatenate(targets), nothing + 1)
    weights -= weights.mean(axis=1, keepdims=True)
    edges = np.cumsum([content.PAIRS, content.PAIRS, content.PAIRS, quantise.BINS])
    return Tables(*np.split(np.round(weights[:-1], 4), edges))


def fit_curves(least: int, features: Floats, traces: Sequence[Trace], folds: Mapping[str, int], care: bool = True) -> Curves:
    """Return calibrated curves; calibration sees only sums from curves that were fitted on other subjects, or on other devices.

    Without `care` what is stated for unknown devices is what holds for the known ones together.
    """
    bot = np.array([trace.label != HUMAN for trace in traces])
    fold = np.array([folds[trace.subject] for trace in traces])
    weights = balanced(traces)
    knots = place_knots(features, weights)
    design = basis(features, knots)
    sums = np.zeros(len(bot))
    for left_out in np.unique(fold):
        seen = fold != left_out
        sums[~seen] = _sums(design, bot, weights, seen, knots.shape)[~seen]
    values, bias = additive(design, bot, weights, knots.shape)
    calibration = _by_class(sums, bot, weights, np.array([trace.device for trace in traces]))
    slope, offset = calibration[UNKNOWN]
    if not care:
        return Curves(least, knots, np.round(values, 4), round(bias, 4), calibration)
    calibration[UNKNOWN] = (slope, round(offset - slope * _care(design, sums, bot, weights, knots.shape, traces), 4))
    return Curves(least, knots, np.round(values, 4), round(bias, 4), calibration)


def _sums(design: Floats, bot: Bools, weights: Floats, seen: Bools, shape: tuple[int, ...]) -> Floats:
    values, bias = additive(design[seen], bot[seen], weights[seen], shape)
    return np.asarray(design @ values.ravel() + bias)


def _by_class(sums: Floats, bot: Bools, weights: Floats, devices: NDArray[np.str_]) -> dict[str, tuple[float, float]]:
    """Return a calibration for every device class, the pooled one for those with few windows of people, and as UNKNOWN."""
    everybody = platt(sums, bot, weights)
    found = {UNKNOWN: everybody}
    for device in sorted(set(devices[~bot].tolist())):
        here = ~bot & (devices == device)
        if int(here.sum()) < _MIN_CLASS:
            found[device] = everybody
            continue
        scale = weights.copy()
        scale[here] *= weights[bot].sum() / weights[here].sum()
        found[device] = platt(sums[here | bot], bot[here | bot], scale[here | bot])
    return found


def _care(design: Floats, sums: Floats, bot: Bools, weights: Floats, shape: tuple[int, ...], traces: Sequence[Trace]) -> float:
    """Return by how much sums have to be lowered on a device never seen: each one of the fit is left out in turn, the worst counts."""
    groups = np.array([group(trace) for trace in traces])
    usual = _quantile(sums[~bot], weights[~bot])
    names = sorted(set(groups[~bot].tolist()))
    if len(names) < 2:
        return _UNMEASURED_CARE
    shifts = [0.0]
    for name in names:
        here = ~bot & (groups == name)
        if int(here.sum()) >= _MIN_CLASS:
            shifts.append(_quantile(_sums(design, bot, weights, ~here, shape)[here], weights[here]) - usual)
    return max(shifts)


def _quantile(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return float(values[order][int(np.searchsorted(share, _NOMINAL * share[-1]))])


def subject_folds(traces: Sequence[Trace], rng: Rng, count: int = FOLDS) -> dict[str, int]:
    """Return a fold, 0 to `count` - 1, for every subject."""
    subjects = sorted({trace.subject for trace in traces})
    return {subject: int(fold) for subject, fold in zip(subjects, rng.permutation(len(subjects)) % count, strict=True)}


def fit_all(traces: Sequence[Trace], families: Families, seed: int, date: str, data: Mapping[str, str], effort: Effort) -> TimingModel:
    """Return the whole model: every channel that at least FOLDS people were recorded in."""
    people = [trace for trace in traces if trace.label == HUMAN]
    bots = [trace for trace in traces if trace.label != HUMAN]
    channels: dict[str, Channel] = {}
    for at, (channel, press) in enumerate(PRESS.items()):
        own = [trace for trace in people if np.count_nonzero(trace.kind == press) > SIZES[channel][0]]
        if len({trace.subject for trace in own}) >= FOLDS:
            channels[channel] = fit_presses(channel, own, families, np.random.default_rng((seed, at)), effort)
    moving = [trace for trace in people if np.isin(trace.kind, (kinds.POINTER_MOVE, kinds.TOUCH_MOVE)).sum() > SIZES["pointer"][0]]
    if len({trace.subject for trace in moving}) >= FOLDS:
        channels["pointer"] = fit_pointer(moving, bots, families, np.random.default_rng((seed, len(PRESS))), effort)
    versions = {"numpy": np.__version__, "scipy": scipy.__version__}
    return TimingModel(VERSION, date, dict(data), versions, channels)
