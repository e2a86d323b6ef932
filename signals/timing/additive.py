"""An additive model: each feature's own curve, added up. Non-linear, and its reasons add up exactly.

A logistic regression on piecewise-linear bases (a generalised additive model: Hastie and Tibshirani, 1986). Beyond the outer knots a
curve is flat, so nothing unheard-of counts for more than what was seen.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST: Final = 8.0
"""Nats that one channel may claim, approached smoothly: some dozens of people let nobody be surer."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Curves over one range of window sizes: `knots` and `values` have shape (features, knots), knots rise."""

    least: int
    """Smallest window, in events or intervals, that these curves judge."""
    knots: Floats
    values: Floats
    bias: float
    calibration: dict[str, tuple[float, float]]
    """Device class to (slope, offset) from the sum to a log-likelihood ratio; `*` for a class never seen, the most careful of all."""

    def contributions(self, features: Floats) -> Floats:
        """Return each feature's share, shape (features,); a feature that is not known (NaN) has none."""
        low, inverse, rises = _prepared(self)
        along = (features[:, None] - low) * inverse
        along = np.minimum(np.maximum(along, 0.0), 1.0)
        along *= rises
        shares: Floats = np.add.reduce(along, axis=1)
        shares += self.values[:, 0]
        shares[np.isnan(features)] = 0.0
        return shares

    def calibrated(self, features: Floats, device_class: str) -> tuple[Floats, float]:
        """Return the features' shares and what a window of this size counts for by itself, in calibrated nats: together the evidence."""
        slope, offset = self.calibration.get(device_class) or self.calibration["*"]
        shares = self.contributions(features) * slope
        own = self.bias * slope + offset
        total = float(shares.sum()) + own
        if total:
            bounded = MOST * math.tanh(total / MOST) / total
            shares, own = shares * bounded, own * bounded
        return shares, own


@lru_cache(maxsize=64)
def _prepared(curves: Curves) -> tuple[Floats, Floats, Floats]:
    """Return the lower end of each piece, the inverse of its width and its rise, all of shape (features, knots - 1)."""
    return curves.knots[:, :-1], 1.0 / np.diff(curves.knots, axis=1), np.diff(curves.values, axis=1)


def basis(features: Floats, knots: Floats) -> Floats:
    """Return the piecewise-linear basis of features of shape (n, f) on knots (f, k): shape (n, f * k), zero where a feature is NaN."""
    n, f = features.shape
    out = np.zeros((n, f, knots.shape[1]))
    for column in range(f):
        known = np.flatnonzero(~np.isnan(features[:, column]))
        values = np.clip(features[known, column], knots[column, 0], knots[column, -1])
        at = np.clip(np.searchsorted(knots[column], values, side="right") - 1, 0, knots.shape[1] - 2)
        along = (values - knots[column, at]) / (knots[column, at + 1] - knots[column, at])
        out[known, column, at] = 1.0 - along
        out[known, column, at + 1] = along
    return out.reshape(n, -1)
