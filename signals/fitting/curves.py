"""Curves on people against bots, and their calibration on people that the curves never saw. Everything is split by subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.fitting.calibration import calibrated, moved
from signals.regress import Bools, additive, place_knots
from signals.samples import Imitate, Rng, balanced, group
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


def fit_curves(least: int, features: Floats, traces: Sequence[Trace], folds: Mapping[str, int], care: bool = True) -> Curves:
    """Return calibrated curves; calibration sees only sums from curves that were fitted on other subjects, or on other devices.

    Without `care` what is stated for unknown devices is what holds for the known ones together.
    """
    bot = np.array([trace.label != HUMAN for trace in traces])
    fold = np.array([fold_of(trace, folds) for trace in traces])
    weights = balanced(traces)
    knots = place_knots(features, weights)
    design = basis(features, knots)
    sums = np.zeros(len(bot))
    for left_out in np.unique(fold):
        seen = fold != left_out
        sums[~seen] = _sums(design, bot, weights, seen, knots.shape)[~seen]
    values, bias = additive(design, bot, weights, knots.shape)
    calibration = _by_class(sums, bot, weights, fold, np.array([trace.device for trace in traces]))
    if care:
        calibration[UNKNOWN] = moved(calibration[UNKNOWN], _care(design, sums, bot, weights, knots.shape, traces))
    return Curves(least, knots, np.round(values, 4), round(bias, 4), calibration)


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


def fold_of(trace: Trace, folds: Mapping[str, int]) -> int:
    """Return the fold of its subject; a recorded bot, whose subject is a whole family, has one by the id of its recording."""
    return folds[trace.subject] if trace.subject in folds else folds[trace.id]
