"""Calibration of a class of devices: Platt's line, or an isotonic curve where that does better on subjects it never saw.

Platt, "Probabilistic outputs for support vector machines", 1999; Zadrozny and Elkan, "Transforming classifier scores into accurate
multiclass probability estimates", KDD 2002; centred isotonic regression: Oron and Flournoy, "Centered isotonic regression: point and
interval estimation for dose-response studies", 2017.
"""

from typing import Final

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import expit

from signals.regress import Bools, platt
from signals.timing.additive import Floats, Points
from signals.types import IntArray

_BINS: Final = 20
_PRIOR: Final = 1.0
"""Windows, half of them bots, that every bin is thought to have besides its own: no bin is ever sure."""
_STEP: Final = 1e-3
"""What the curve rises by at least from point to point, in sums and in nats: windows that differ keep their order."""


def calibrated(sums: Floats, bot: Bools, weights: Floats, fold: IntArray) -> Points:
    """Return the better of Platt's line and an isotonic curve by the Brier score on folds left out; the line where they tie."""
    methods = (line, isotonic)
    scores = np.zeros(len(methods))
    for left_out in np.unique(fold):
        held = fold == left_out
        if not held.all() and len(set(bot[~held].tolist())) == 2:
            for at, method in enumerate(methods):
                points = method(sums[~held], bot[~held], weights[~held])
                scores[at] += weights[held] @ (expit(mapped(points, sums[held])) - bot[held]) ** 2
    return methods[int(np.argmin(scores))](sums, bot, weights)


def line(sums: Floats, bot: Bools, weights: Floats) -> Points:
    """Return Platt's line, at as many bots as people."""
    slope, offset = platt(sums, bot, weights)
    return np.array([[0.0, offset], [1.0, round(offset + slope, 4)]])


def isotonic(sums: Floats, bot: Bools, weights: Floats) -> Points:
    """Return the isotonic curve through bins of equal weight, each block at its centre; beyond it goes on as steeply as Platt's line.

    Beyond begins with the first bin that holds bots alone, and the last that holds people alone: counts can't tell how sure to be there.
    """
    slope, _ = platt(sums, bot, weights)
    order = np.argsort(sums, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    bins = np.minimum((share * _BINS).astype(np.int64), _BINS - 1)
    each = np.count_nonzero(weights) / weights.sum()
    weight = np.bincount(bins, weights[order], _BINS) * each
    bots = np.bincount(bins, weights[order] * bot[order], _BINS) * each
    centre = np.bincount(bins, weights[order] * sums[order], _BINS) * each
    mixed = np.flatnonzero((bots > 0.0) & (bots < weight * (1.0 - 1e-9)))
    some = weight > 0.0
    if len(mixed):
        some &= (np.arange(_BINS) >= mixed[0] - 1) & (np.arange(_BINS) <= mixed[-1] + 1)
    weight, bots, centre = weight[some] + _PRIOR, bots[some] + _PRIOR / 2.0, centre[some] / weight[some]
    blocks = isotonic_regression(bots / weight, weights=weight).blocks
    x = np.add.reduceat(centre * weight, blocks[:-1]) / np.add.reduceat(weight, blocks[:-1])
    chance = np.add.reduceat(bots, blocks[:-1]) / np.add.reduceat(weight, blocks[:-1])
    y = np.log(chance / (1.0 - chance))
    if len(x) < 2:
        return line(sums, bot, weights)
    x = np.concatenate(([x[0] - 1.0], x, [x[-1] + 1.0]))
    y = np.concatenate(([y[0] - slope], y, [y[-1] + slope]))
    return _rising(x, y)


def mapped(points: Points, sums: Floats) -> Floats:
    """Return what sums of shape (n,) stand for: `nats` for many."""
    x, y = points.T
    at = np.clip(np.searchsorted(x, sums), 1, len(x) - 1)
    return np.asarray(y[at - 1] + (y[at] - y[at - 1]) * (sums - x[at - 1]) / (x[at] - x[at - 1]))


def moved(points: Points, care: float) -> Points:
    """Return the curve for sums that have to be larger by `care` to say the same."""
    return np.asarray(np.round(points + np.array([care, 0.0]), 4))


def _rising(x: Floats, y: Floats) -> Points:
    points = np.round(np.stack((x, y), axis=1), 4)
    for at in range(1, len(points)):
        points[at] = np.maximum(points[at], points[at - 1] + _STEP)
    return np.round(points, 4)
