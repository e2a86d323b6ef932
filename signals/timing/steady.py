"""Could the steadiest hand have been as even as this? What the detectors without fitted curves share.

No recordings of these channels are at hand, so nothing here is fitted: evidence is how rarely the most favourable person would show what
was seen, -log of that chance, less a margin (PRUDENCE: one in twenty is nothing), and bounded by each detector. The spread is taken from
the quartiles, so that a pause or two don't matter; it samples about like a chi-squared variable with 0.367 degrees of freedom a value
(the quartiles' efficiency: Mosteller, "On some useful 'inefficient' statistics", Annals of Mathematical Statistics 17, 1946).
"""

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, gammainc

from signals.kernel import kernel
from signals.types import IntArray

PRUDENCE: Final = 3.0
_EFFICIENCY: Final = 0.367
_QUARTILES: Final = 1.349
_FRAMES: Final = 17
_RAREST: Final = 1e-300


def too_steady(spread: float, floor: float, count: int) -> float:
    """Return the evidence in nats, 0 or more, of `count` values whose spread would be `floor` with the steadiest hand (same unit)."""
    if spread >= floor:
        return 0.0
    freedom = _EFFICIENCY * count
    return _evidence(float(gammainc(freedom / 2.0, freedom / 2.0 * (spread / floor) ** 2)))


def too_often(hits: int, count: int, chance: float) -> float:
    """Return the evidence in nats, 0 or more, of `hits` in `count` where each comes with `chance`."""
    return _evidence(float(bdtrc(hits - 1, count, chance))) if hits > count * chance else 0.0


def _evidence(rare: float) -> float:
    return max(0.0, -log(max(rare, _RAREST)) - PRUDENCE)


@kernel
def quartiles(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the median and the spread (the quartiles' distance, as standard deviations of a Gaussian) of at least one value."""
    ordered = np.sort(values)
    return ordered[len(ordered) // 2], between_quartiles(ordered)


@kernel
def between_quartiles(ordered: NDArray[np.float64] | IntArray) -> float:
    """Return the quartiles' distance of sorted values, as standard deviations of a Gaussian."""
    n = len(ordered)
    return (ordered[n - 1 - n // 4] - ordered[n // 4]) / _QUARTILES  # type: ignore[no-any-return]


def usual_frame(since: NDArray[np.uint16]) -> float:
    """Return the median of the last intervals between frames, in ticks; 0 where there are too few to tell."""
    if len(since) < _FRAMES:
        return 0.0
    return float(np.sort(since[-_FRAMES:])[_FRAMES // 2])


def on_grid(spread: float, grid: float) -> float:
    """Return what the spread of a difference of two times may be at most, where both were put on a grid that can hide it."""
    return float((spread * spread + grid * grid / 6.0) ** 0.5)
