"""Figures of merit: how well evidence tells bots from people. An abstention is -inf: not found, and never as found."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import beta, rankdata

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of a report card."""

    people: int
    bots: int
    auc: float
    tpr_1: float
    """Share of bots found at 1 % false alarms."""
    tpr_01: float
    """At 0.1 %; with fewer than a thousand people's windows, above all of them."""
    brier: float
    """An abstention states an even chance."""
    calibration_error: float
    """Of what was judged."""
    abstained: float


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that was counted, and between which two it lies."""

    hits: int
    of: int
    share: float
    low: float
    high: float
    """With 95 % confidence: the larger share is larger in one experiment of twenty only, and so is the smaller one smaller."""


def rate(hits: int, of: int) -> Rate:
    """Return the share with one-sided 95 % limits (Clopper and Pearson, 1934); none in n gives 3 / n, the rule of three."""
    low = float(beta.ppf(0.05, hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.95, hits + 1, of - hits)) if hits < of else 1.0
    return Rate(hits, of, hits / of if of else 0.0, low, high)


def figures(people: Floats, bots: Floats) -> Figures:
    """Return the figures of evidence in nats, of shape (n,) and (m,); -inf where a detector abstained."""
    chances, truth, weights, judged = stated(people, bots)
    return Figures(
        len(people),
        len(bots),
        auc(people, bots),
        found_at(people, bots, 0.01),
        found_at(people, bots, 0.001),
        float(weights @ (chances - truth) ** 2),
        calibration_error(chances[judged], truth[judged], weights[judged]),
        1.0 - float(judged.sum()) / len(judged),
    )


def stated(people: Floats, bots: Floats) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Return of all windows: the chance that is stated (an even one by an abstention), 1 for a bot, a weight that makes people and bots
    count alike, and whether it was judged."""
    together = np.concatenate((people, bots))
    judged = ~np.isneginf(together)
    truth = np.concatenate((np.zeros(len(people)), np.ones(len(bots))))
    weights = np.concatenate((np.full(len(people), 0.5 / len(people)), np.full(len(bots), 0.5 / len(bots))))
    return np.where(judged, expit(together), 0.5), truth, weights, judged


def auc(people: Floats, bots: Floats) -> float:
    """Return the chance that a bot has more evidence against it than a person; ties count half."""
    ranks = rankdata(np.concatenate((people, bots)))
    return float((ranks[len(people) :].sum() - len(bots) * (len(bots) + 1) / 2.0) / (len(people) * len(bots)))


def threshold(people: Floats, alarms: float) -> float:
    """Return the evidence that at most the share `alarms` of people exceed."""
    ordered = np.sort(people)[::-1]
    return float(ordered[min(int(alarms * len(people)), len(people) - 1)])


def found_at(people: Floats, bots: Floats, alarms: float) -> float:
    """Return the share of bots above the threshold."""
    return float((bots > threshold(people, alarms)).mean())


def calibration_error(chances: Floats, truth: Floats, weights: Floats, bins: int = 10) -> float:
    """Return the expected calibration error over equal bins of the stated chance (Guo et al., ICML 2017)."""
    return float(
        sum(abs(weight * (stated - true)) for stated, true, weight in reliability(chances, truth, weights, bins)) / (weights.sum() or 1.0)
    )


def reliability(chances: Floats, truth: Floats, weights: Floats, bins: int = 10) -> list[tuple[float, float, float]]:
    """Return (mean stated chance, share of bots, weight) for every bin that has something in it."""
    at = np.minimum((chances * bins).astype(np.int64), bins - 1)
    out = []
    for one in range(bins):
        here = at == one
        weight = float(weights[here].sum())
        if weight > 0.0:
            out.append((float(weights[here] @ chances[here]) / weight, float(weights[here] @ truth[here]) / weight, weight))
    return out


def roc(people: Floats, bots: Floats) -> tuple[Floats, Floats]:
    """Return false alarms and found bots, both rising, for thresholds from high to low."""
    levels = np.unique(np.concatenate((people, bots)))[::-1]
    ordered_people, ordered_bots = np.sort(people), np.sort(bots)
    alarms = 1.0 - np.searchsorted(ordered_people, levels, side="left") / len(people)
    found = 1.0 - np.searchsorted(ordered_bots, levels, side="left") / len(bots)
    return alarms, found
