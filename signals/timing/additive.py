"""An additive model: each feature's own curve, added up. Non-linear, and its reasons add up exactly.

A logistic regression on piecewise-linear bases (a generalised additive model: Hastie and Tibshirani, 1986). Beyond the outer knots a
curve is flat, so nothing unheard-of counts for more than what was seen.
"""

from dataclasses import dataclass, field
from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel

Floats = NDArray[np.float64]
Points = NDArray[np.float64]
"""Shape (n, 2), sums and nats, at least two points, both rising: straight lines between them and on beyond the outer ones. Two points are
Platt's line (1999), more come from isotonic regression."""

MOST: Final = 8.0
"""Nats that one channel may claim, approached smoothly: some dozens of people let nobody be surer."""
_SHARPNESS: Final = 8.0
"""How close to MOST what was calibrated stays as it was: 6 nats count for 5.9."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Curves over one range of window sizes: `knots` and `values` have shape (features, knots), knots rise."""

    least: int
    """Smallest window, in events or intervals, that these curves judge."""
    knots: Floats
    values: Floats
    bias: float
    calibration: dict[str, Points]
    """Device class to the curve from the sum to a log-likelihood ratio; `*` for a class never seen, the most careful of all."""
    card: dict[str, float] = field(default_factory=dict)
    """What they are worth on people that neither they nor their calibration saw: windows, AUC, found at 1 %, Brier score, calibration."""

    def contributions(self, features: Floats) -> Floats:
        """Return each feature's share, shape (features,); a feature that is not known (NaN) has none."""
        return _contributions(features, self.knots, self.values)

    def calibrated(self, features: Floats, device_class: str) -> tuple[Floats, float]:
        """Return the features' shares and what a window of this size counts for by itself, in calibrated nats: together the evidence."""
        return _calibrated(features, self.knots, self.values, self.bias, self._points(device_class))

    def told(self, features: Floats, starts: NDArray[np.int64], device_class: str) -> list[float]:
        """Return the same with the shares added up from each of `starts` to the next one, and last what the size counts for."""
        found: list[float] = _told(features, self.knots, self.values, self.bias, self._points(device_class), starts).tolist()
        return found

    def _points(self, device_class: str) -> Points:
        return self.calibration[device_class if device_class in self.calibration else "*"]


@kernel
def _contributions(features: Floats, knots: Floats, values: Floats) -> Floats:
    shares = np.zeros(len(features))
    for row in range(len(features)):
        value = features[row]
        if isnan(value):
            continue
        at = 1
        while at < knots.shape[1] - 1 and knots[row, at] < value:
            at += 1
        low, high = knots[row, at - 1], knots[row, at]
        along = min(max((value - low) / (high - low), 0.0), 1.0)
        shares[row] = values[row, at - 1] + along * (values[row, at] - values[row, at - 1])
    return shares


@kernel
def nats(points: Points, total: float) -> float:
    """Return what a sum of curves stands for."""
    at = 1
    while at < len(points) - 1 and points[at, 0] < total:
        at += 1
    x0, y0, x1, y1 = points[at - 1, 0], points[at - 1, 1], points[at, 0], points[at, 1]
    return float(y0 + (y1 - y0) * (total - x0) / (x1 - x0))


@kernel
def _calibrated(features: Floats, knots: Floats, values: Floats, bias: float, points: Points) -> tuple[Floats, float]:
    shares = _contributions(features, knots, values)
    told = shares.sum()
    own = nats(points, bias)
    if told != 0.0:
        shares *= (nats(points, bias + told) - own) / told
    total = shares.sum() + own
    if total != 0.0:
        bounded = (1.0 + abs(total / MOST) ** _SHARPNESS) ** (-1.0 / _SHARPNESS)
        return shares * bounded, own * bounded
    return shares, own


@kernel
def _told(features: Floats, knots: Floats, values: Floats, bias: float, points: Points, starts: NDArray[np.int64]) -> Floats:
    shares, own = _calibrated(features, knots, values, bias, points)
    sums = np.zeros(len(starts) + 1)
    run = 0
    for row in range(len(shares)):
        run += run + 1 < len(starts) and row == starts[run + 1]
        sums[run] += shares[row]
    sums[-1] = own
    return sums


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
