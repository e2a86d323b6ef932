"""Curves on people against bots, and their calibration on people that the curves never saw. Everything is split by subject."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.figures import figures
from signals.fitting.calibration import calibrated, mapped, moved
from signals.fitting.stroke_samples import DRAWN
from signals.regress import Bools, additive, place_knots
from signals.samples import Rng, balanced, group
from signals.timing.additive import Curves, Floats, Points, basis
from signals.traces import HUMAN, Trace
from signals.types import IntArray

SIZES: Final[Mapping[str, tuple[int, ...]]] = {
    "keys": (24, 40, 70, 140, 280, 480),
    "clicks": (24, 40, 70, 140),
    "pointer": (18, 40, 80, 150),
}
"""Edges of the ranges of window sizes (intervals, or pointer events): each range has its own curves, the last also for what is larger."""
FOLDS: Final = 4
UNKNOWN: Final = "*"
_MIN_CLASS: Final = 60
_NOMINAL: Final = 0.99
_UNMEASURED_CARE: Final = 3.0
"""What is taken off the sum for unknown devices where one device was recorded, so that nobody can tell how much it ought to be."""
_TOO_CLOSE: Final = frozenset({"digraph_aware"})
"""Bots that keep what the features look for: curves would only learn to see noise from them. Calibration counts them: that some bots look
like people is why nobody's rhythm is worth much as an alibi."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a fit draws: windows a person per range of sizes, and bots for each window."""

    per_subject: int = 25
    bots: int = 6
    sizes: tuple[int, ...] | None = None

    def windows(self, people: Sequence[Trace]) -> int:
        """Return how many windows a person; more where there are few people."""
        return max(self.per_subject, 60 * self.per_subject // len({trace.subject for trace in people}))


def fit_curves(
    least: int,
    features: Floats,
    traces: Sequence[Trace],
    folds: Mapping[str, int],
    care: bool = True,
    card: bool = False,
    weights: Floats | None = None,
) -> Curves:
    """Return calibrated curves; calibration sees only sums from curves that were fitted on other subjects.

    Without `care` what is stated for unknown devices is what holds for the known ones together. With `card` the curves state their own
    figures, from the cross-validation. Windows count as `balanced` says unless there are `weights`.
    """
    bot = np.array([trace.label != HUMAN for trace in traces])
    taught = np.array([trace.family not in _TOO_CLOSE for trace in traces])
    fold = np.array([fold_of(trace, folds) for trace in traces])
    weights = balanced(traces) if weights is None else weights
    knots = place_knots(features[taught], weights[taught])
    design = basis(features, knots)
    sums = np.zeros(len(bot))
    for left_out in np.unique(fold):
        held = fold == left_out
        sums[held] = _sums(design, bot, weights, taught & ~held, knots.shape)[held]
    values, bias = additive(design[taught], bot[taught], weights[taught], knots.shape)
    stated = _stated(traces, bot)
    calibration = _by_class(sums, bot, stated, fold, np.array([trace.device for trace in traces]))
    if care:
        calibration[UNKNOWN] = moved(calibration[UNKNOWN], _care(design, sums, bot, weights, taught, traces, knots.shape))
    return Curves(least, knots, np.round(values, 4), round(bias, 4), calibration, _card(sums, bot, stated, fold) if card else {})


def _stated(traces: Sequence[Trace], bot: Bools) -> Floats:
    """Return the weights at which chances are stated: every person alike, and every family of bots, as many bots as people.

    What curves learn from is balanced over devices; but a chance that is stated is one of people. Scripts that were drawn to teach don't
    count, unless there are no other bots.
    """
    drawn = np.array([trace.family.startswith(DRAWN) for trace in traces])
    silent = drawn if (bot & ~drawn).any() else np.zeros_like(drawn)
    who = [(trace.label, trace.subject if trace.label == HUMAN else trace.family) for trace in traces]
    windows = Counter(who)
    sides = Counter(label for label, _ in windows)
    stated = np.where(silent, 0.0, np.array([len(traces) / 2.0 / sides[one[0]] / windows[one] for one in who]))
    stated[bot] *= stated[~bot].sum() / stated[bot].sum()
    return stated


def _card(sums: Floats, bot: Bools, weights: Floats, fold: IntArray) -> dict[str, float]:
    """Return what the curves are worth on subjects that neither they nor their calibration saw."""
    evidence = np.zeros(len(sums))
    for left_out in np.unique(fold):
        held = fold == left_out
        evidence[held] = mapped(calibrated(sums[~held], bot[~held], weights[~held], fold[~held]), sums[held])
    return {name: round(float(figure), 4) for name, figure in asdict(figures(evidence[~bot], evidence[bot & (weights > 0.0)])).items()}


def _sums(design: Floats, bot: Bools, weights: Floats, seen: Bools, shape: tuple[int, ...]) -> Floats:
    values, bias = additive(design[seen], bot[seen], weights[seen], shape)
    return np.asarray(design @ values.ravel() + bias)


def _by_class(sums: Floats, bot: Bools, weights: Floats, fold: IntArray, devices: NDArray[np.str_]) -> dict[str, Points]:
    """Return a calibration for every device class, the pooled one for those with few windows of people, and as UNKNOWN."""
    everybody = calibrated(sums, bot, weights, fold)
    found = {UNKNOWN: everybody}
    for device in sorted(set(devices[~bot].tolist())):
        here = ~bot & (devices == device)
        if int(here.sum()) < _MIN_CLASS:
            found[device] = everybody
            continue
        scale = weights.copy()
        scale[here] *= weights[bot].sum() / weights[here].sum()
        rows = here | bot
        found[device] = calibrated(sums[rows], bot[rows], scale[rows], fold[rows])
    return found


def _care(
    design: Floats, sums: Floats, bot: Bools, weights: Floats, taught: Bools, traces: Sequence[Trace], shape: tuple[int, ...]
) -> float:
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
            shifts.append(_quantile(_sums(design, bot, weights, taught & ~here, shape)[here], weights[here]) - usual)
    return max(shifts)


def _quantile(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return float(values[order][int(np.searchsorted(share, _NOMINAL * share[-1]))])


def subject_folds(traces: Sequence[Trace], rng: Rng, count: int = FOLDS) -> dict[str, int]:
    """Return a fold, 0 to `count` - 1, for every subject."""
    subjects = sorted({trace.subject for trace in traces})
    return {subject: int(fold) for subject, fold in zip(subjects, rng.permutation(len(subjects)) % count, strict=True)}


def folds_of(people: Sequence[Trace], bots: Sequence[Trace], rng: Rng) -> dict[str, int]:
    """Return a fold for every person, and for every recording of a bot by its id: a family is no single player, to be left out as one."""
    recorded = sorted({bot.id for bot in bots})
    by_id = zip(recorded, (rng.permutation(len(recorded)) % FOLDS).tolist(), strict=True)
    return {**dict(by_id), **subject_folds(people, rng)}


def fold_of(trace: Trace, folds: Mapping[str, int]) -> int:
    """Return the fold of its subject, or of its recording."""
    return folds[trace.subject] if trace.subject in folds else folds[trace.id]
