"""The regressions of a fit: multinomial for tables, additive for curves, Platt's for calibration. All by L-BFGS, with a ridge."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit

from signals.timing.additive import Floats
from signals.timing.quantise import BINS
from signals.types import IntArray

Bools = NDArray[np.bool_]

KNOTS: Final = 9
_ROUGHNESS: Final = 6.0
_RIDGE: Final = 0.3
_TABLE_RIDGE: Final = 2.0
_TABLE_STEPS: Final = 30
_CURVE_STEPS: Final = 120


def multinomial(at: IntArray, target: IntArray, size: int) -> Floats:
    """Return log-odds of shape (size, BINS) for one-hot contexts `at` of shape (n, contexts) and the bins that were seen."""
    n = len(at)
    design = csr_matrix((np.ones(at.size, np.float32), (np.repeat(np.arange(n), at.shape[1]), at.ravel())), shape=(n, size))
    turned = design.T.tocsr()
    rows = np.arange(n)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(size, BINS)
        logs = design @ weights.astype(np.float32)
        logs -= logs.max(axis=1, keepdims=True)
        odds = np.exp(logs)
        sums = odds.sum(axis=1, keepdims=True)
        cost = float(np.log(sums).sum(dtype=np.float64) - logs[rows, target].sum(dtype=np.float64))
        odds /= sums
        odds[rows, target] -= 1.0
        gradient = (turned @ odds).astype(np.float64) + _TABLE_RIDGE * weights
        return cost + _TABLE_RIDGE / 2.0 * float((weights**2).sum()), gradient.ravel()

    found = minimize(loss, np.zeros(size * BINS), jac=True, method="L-BFGS-B", options={"maxiter": _TABLE_STEPS})
    return np.asarray(found.x, np.float64).reshape(size, BINS)


def place_knots(features: Floats, weights: Floats) -> Floats:
    """Return knots of shape (features, KNOTS) at weighted quantiles, rising strictly."""
    levels = np.concatenate(([0.005], np.linspace(0.05, 0.95, KNOTS - 2), [0.995]))
    knots = np.empty((features.shape[1], KNOTS))
    for column, values in enumerate(features.T):
        known = ~np.isnan(values)
        order = np.argsort(values[known])
        share = np.cumsum(weights[known][order])
        if not len(order):
            knots[column] = np.arange(KNOTS)
            continue
        row = values[known][order][np.minimum(np.searchsorted(share, levels * share[-1]), len(order) - 1)]
        width = max(float(row[-1] - row[0]), 1e-3)
        for at in range(1, KNOTS):
            row[at] = max(row[at], row[at - 1] + width * 0.02)
        knots[column] = row
    return np.round(knots, 4)


def additive(design: Floats, bot: Bools, weights: Floats, shape: tuple[int, ...]) -> tuple[Floats, float]:
    """Return curve values of shape (features, knots), centred on the average window, and the bias."""
    target = bot.astype(np.float64)
    scale = weights / weights.sum() * len(weights)
    # two knots a feature are all that a row has
    sparse = csr_matrix(design)
    turned = sparse.T.tocsr()

    def loss(flat: Floats) -> tuple[float, Floats]:
        values, bias = flat[:-1], flat[-1]
        logit = sparse @ values + bias
        bends = np.diff(values.reshape(shape), n=2, axis=1)
        cost = float(scale @ (np.logaddexp(0.0, logit) - target * logit))
        cost += _ROUGHNESS / 2.0 * float((bends**2).sum()) + _RIDGE / 2.0 * float(values @ values)
        rest = scale * (expit(logit) - target)
        bent = np.zeros(shape)
        bent[:, :-2] += bends
        bent[:, 1:-1] -= 2.0 * bends
        bent[:, 2:] += bends
        return cost, np.concatenate((turned @ rest + _ROUGHNESS * bent.ravel() + _RIDGE * values, [rest.sum()]))

    found = np.asarray(minimize(loss, np.zeros(design.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": _CURVE_STEPS}).x)
    return found[:-1].reshape(shape), float(found[-1])


def platt(sums: Floats, bot: Bools, weights: Floats) -> tuple[float, float]:
    """Return slope and offset of the logistic curve from sums to log-odds (Platt, 1999), at as many bots as people."""
    target = bot.astype(np.float64)

    def loss(flat: Floats) -> tuple[float, Floats]:
        logit = flat[0] * sums + flat[1]
        rest = weights * (expit(logit) - target)
        cost = float(weights @ (np.logaddexp(0.0, logit) - target * logit)) + (flat[0] - 1.0) ** 2
        return cost, np.array((rest @ sums + 2.0 * (flat[0] - 1.0), rest.sum()))

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B")
    return round(float(found.x[0]), 4), round(float(found.x[1]), 4)
