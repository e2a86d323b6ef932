"""Fit the timing model: tables on what people show, curves on people against bots, calibration on people that the curves never saw.

Deterministic: the same traces, families and seed give the same model. Everything is split by subject.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from signals.samples import Draw, Families, balanced, draw
from signals.timing import content, quantise, rhythm
from signals.timing.additive import Curves, Floats, basis
from signals.timing.content import Tables
from signals.timing.model import Channel
from signals.timing.rhythm import Presses
from signals.traces import HUMAN, Trace, history

SIZES: Final[Mapping[str, tuple[int, ...]]] = {"keys": (24, 40, 70, 140, 280, 480), "clicks": (24, 40, 70, 140)}
"""Edges of the ranges of window sizes (intervals); each range has curves of its own."""
FOLDS: Final = 5
KNOTS: Final = 9
_ROUGHNESS: Final = 4.0
_RIDGE: Final = 0.3
_TABLE_RIDGE: Final = 2.0
_TABLE_STEPS: Final = 40


def taken_apart(channel: str, trace: Trace) -> Presses:
    """Return the channel's presses as scoring would see them after this trace."""
    timing = history(trace).timing
    return rhythm.keys(timing.keys) if channel == "keys" else rhythm.clicks(timing.clicks)


def fit_presses(channel: str, people: Sequence[Trace], families: Families, rng: np.random.Generator, per_subject: int = 60) -> Channel:
    """Return the fitted channel `keys` or `clicks`. `people` are human traces only."""
    subjects = sorted({trace.subject for trace in people})
    folds = {subject: int(fold) for subject, fold in zip(subjects, rng.permutation(len(subjects)) % FOLDS, strict=True)}
    hundreds = draw(people, channel, {}, Draw((100, 100), 10_000, plain=True), rng)
    plain = [taken_apart(channel, trace) for trace in hundreds]
    owners = np.array([folds[trace.subject] for trace in hundreds])
    tables = fit_tables(plain)
    without = [fit_tables([presses for presses, owner in zip(plain, owners, strict=True) if owner != fold]) for fold in range(FOLDS)]
    curves = []
    for low, high in pairwise(SIZES[channel]):
        traces = draw(people, channel, families[channel], Draw((low, high - 1), per_subject, bots=4), rng)
        fold = np.array([folds[trace.subject] for trace in traces])
        features = np.array([rhythm.features(taken_apart(channel, trace), without[folds[trace.subject]]) for trace in traces])
        labels = np.array([trace.label != HUMAN for trace in traces])
        curves.append(fit_curves(low, features, labels, balanced(traces), fold, [trace.device for trace in traces]))
    return Channel(rhythm.NAMES, rhythm.GROUPS, tuple(curves), tables)


def fit_tables(presses: Sequence[Presses]) -> Tables:
    """Return the tables of latency against content: a multinomial logistic regression of the rank bin on its contexts."""
    rows: list[np.ndarray[tuple[int, int], np.dtype[np.int64]]] = []
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
    at, target = np.concatenate(rows), np.concatenate(targets)
    weights = _multinomial(at, target, nothing + 1)
    weights -= weights.mean(axis=1, keepdims=True)
    edges = np.cumsum([content.PAIRS, content.PAIRS, content.PAIRS, quantise.BINS, quantise.BINS])
    return Tables(*np.split(np.round(weights[:-1], 4), edges[:-1]))


def _multinomial(
    at: np.ndarray[tuple[int, int], np.dtype[np.int64]], target: np.ndarray[tuple[int], np.dtype[np.int64]], size: int
) -> Floats:
    from scipy.sparse import csr_matrix

    design = csr_matrix((np.ones(at.size), (np.repeat(np.arange(len(at)), at.shape[1]), at.ravel())), shape=(len(at), size))
    seen = np.eye(quantise.BINS)[target]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(size, quantise.BINS)
        logs = design @ weights
        logs -= logsumexp(logs, axis=1, keepdims=True)
        gradient = design.T @ (np.exp(logs) - seen) + _TABLE_RIDGE * weights
        return float(-(logs * seen).sum() + _TABLE_RIDGE / 2.0 * (weights**2).sum()), gradient.ravel()

    found = minimize(loss, np.zeros(size * quantise.BINS), jac=True, method="L-BFGS-B", options={"maxiter": _TABLE_STEPS})
    return np.asarray(found.x).reshape(size, quantise.BINS)


def fit_curves(
    least: int, features: Floats, bot: np.ndarray[tuple[int], np.dtype[np.bool_]], weights: Floats, fold: Floats, devices: Sequence[str]
) -> Curves:
    """Return calibrated curves; calibration sees only sums that curves fitted on other subjects gave."""
    knots = place_knots(features, weights)
    sums = np.zeros(len(bot))
    for left_out in np.unique(fold):
        seen = fold != left_out
        values, bias = _additive(basis(features[seen], knots), bot[seen], weights[seen], knots.shape)
        sums[~seen] = basis(features[~seen], knots) @ values.ravel() + bias
    values, bias = _additive(basis(features, knots), bot, weights, knots.shape)
    return Curves(least, knots, np.round(values, 4), round(bias, 4), {"*": _platt(sums, bot, weights)})


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


def _additive(
    design: Floats, bot: np.ndarray[tuple[int], np.dtype[np.bool_]], weights: Floats, shape: tuple[int, ...]
) -> tuple[Floats, float]:
    """Return curve values of shape (features, knots), centred on the average window, and the bias."""
    target = bot.astype(np.float64)
    scale = weights / weights.sum() * len(weights)

    def loss(flat: Floats) -> tuple[float, Floats]:
        values, bias = flat[:-1], flat[-1]
        logit = design @ values + bias
        bends = np.diff(values.reshape(shape), n=2, axis=1)
        cost = float(scale @ (np.logaddexp(0.0, logit) - target * logit))
        cost += _ROUGHNESS / 2.0 * float((bends**2).sum()) + _RIDGE / 2.0 * float(values @ values)
        rest = scale * (expit(logit) - target)
        bent = np.zeros(shape)
        bent[:, :-2] += bends
        bent[:, 1:-1] -= 2.0 * bends
        bent[:, 2:] += bends
        return cost, np.concatenate((design.T @ rest + _ROUGHNESS * bent.ravel() + _RIDGE * values, [rest.sum()]))

    found = np.asarray(minimize(loss, np.zeros(design.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x)
    return found[:-1].reshape(shape), float(found[-1])


def _platt(sums: Floats, bot: np.ndarray[tuple[int], np.dtype[np.bool_]], weights: Floats) -> tuple[float, float]:
    """Return slope and offset of the logistic curve from sums to log-odds (Platt, 1999), at as many bots as people."""
    target = bot.astype(np.float64)

    def loss(flat: Floats) -> tuple[float, Floats]:
        logit = flat[0] * sums + flat[1]
        rest = weights * (expit(logit) - target)
        cost = float(weights @ (np.logaddexp(0.0, logit) - target * logit)) + (flat[0] - 1.0) ** 2
        return cost, np.array((rest @ sums + 2.0 * (flat[0] - 1.0), rest.sum()))

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B")
    return round(float(found.x[0]), 4), round(float(found.x[1]), 4)
