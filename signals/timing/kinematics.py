"""How a pointer or finger moves: speed, curvature, smoothness, sub-movements, rounding, and what its clock has to do with it.

Hands move in overlapping sub-movements (Meyer et al., "Optimality in human motor performance", Psychological Review 1988), slow down in
curves (the two-thirds power law: Lacquaniti, Terzuolo and Viviani, Acta Psychologica 1983), tremble, overshoot and correct. A hand also
goes on moving while the pipeline is late, so a longer wait comes with a longer step; a script that sleeps between the points of a
ready-made path shows no such thing. Nearly all features are ratios, so that screens and speeds are mostly divided out.

How smooth a hand looks from one event to the next depends on how often it is seen: at 125 Hz, on display frames, or ten times a second
through a remote desktop. So what is RATED has a curve of its own for fast and for slow pipelines.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing import bends, noise, pace
from signals.timing.track import Floats, track
from signals.timing.windows import Pixels, Ticks, Whats, Window

_PLAIN: Final = (*pace.NAMES, *bends.NAMES, *noise.NAMES)
_GROUP: Final = dict(
    zip(
        _PLAIN,
        (
            *("speed",) * len(pace.SPEED),
            *("submovements",) * len(pace.SUBMOVEMENTS),
            *("pixels",) * len(pace.PIXELS),
            *("clock",) * len(pace.CLOCK),
            *("path",) * len(bends.PATH),
            *("stops",) * len(bends.STOPS_NAMES),
            *("noise",) * len(noise.NAMES),
        ),
        strict=True,
    )
)
RATED: Final = (
    "roughness", "step", "even", "even_most", "acceleration", "shake", "jerk", "steady", "residual", "tremor", "heading_memory", "axis",
    "turn", "turn_upper", "speed_memory", "noise_speed", "across", "push_memory_2", "push_memory_4", "turn_speed",
)  # fmt: skip
_ALL: Final = (*_PLAIN, *(f"{name}_fast" for name in RATED), *(f"{name}_slow" for name in RATED))
_GROUPS: Final = tuple(_GROUP[name.removesuffix("_fast").removesuffix("_slow")] for name in _ALL)
_ORDER: Final = np.array(sorted(range(len(_ALL)), key=lambda at: tuple(dict.fromkeys(_GROUPS)).index(_GROUPS[at])))
NAMES: Final = tuple(_ALL[at] for at in _ORDER)
GROUPS: Final = tuple(_GROUPS[at] for at in _ORDER)

MIN_EVENTS: Final = 18
MIN_MOVES: Final = 6
FAST: Final = math.log(110.0)
SLOW: Final = math.log(300.0)
"""Logarithms of the usual wait in ticks (11 and 30 ms) at which a pipeline is a fast or a slow one."""
WAIT: Final = NAMES.index("wait")
_RATED: Final = np.array([_ALL.index(name) for name in RATED])
_WAIT: Final = _ALL.index("wait")


def features(window: Window) -> tuple[Floats, int]:
    """Return NAMES over the window's moves, and how many moves there were; no features (empty) where there are too few."""
    return _features(window.since, window.what, window.x, window.y)


@kernel
def _features(since: Ticks, what: Whats, x: Pixels, y: Pixels) -> tuple[Floats, int]:
    moves, count = track(since, what, x, y)
    if moves.shape[1] < MIN_MOVES or len(what) < MIN_EVENTS:
        return np.empty(0), count
    return _assembled(pace.pace(moves), bends.bends(moves, count, len(what) - count), noise.noise(moves), _ORDER, _RATED), count


@kernel
def _assembled(first: Floats, second: Floats, third: Floats, order: NDArray[np.int64], rated: NDArray[np.int64]) -> Floats:
    """Return all features in order, what is rated in the place of its rate."""
    plain = len(first) + len(second) + len(third)
    found = np.full(len(order), np.nan)
    found[: len(first)] = first
    found[len(first) : len(first) + len(second)] = second
    found[len(first) + len(second) : plain] = third
    usual = found[_WAIT]
    moved = plain if usual < FAST else plain + len(rated) if usual > SLOW else 0
    if moved:
        for at in range(len(rated)):
            found[moved + at] = found[rated[at]]
            found[rated[at]] = np.nan
    return found[order]
