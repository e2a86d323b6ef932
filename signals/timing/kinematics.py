"""How a pointer or finger moves: speed, curvature, smoothness, sub-movements, rounding, and what its clock has to do with it.

Hands move in overlapping sub-movements (Meyer et al., "Optimality in human motor performance", Psychological Review 1988), slow down in
curves (the two-thirds power law: Lacquaniti, Terzuolo and Viviani, Acta Psychologica 1983), tremble, overshoot and correct. A hand also
goes on moving while the pipeline is late, so a longer wait comes with a longer step; a script that sleeps between the points of a
ready-made path shows no such thing. Nearly all features are ratios, so that screens and speeds are mostly divided out.

How smooth a hand looks from one event to the next depends on how often it is seen: at 125 Hz or on display frames. So what is RATED has
a curve of its own for fast pipelines. Seen less often than 24 times a second, as through many remote desktops, a hand shows where it went
and hardly how: what it does of its own reaches to some 12 Hz (physiological tremor: Marshall and Walsh, Journal of Neurology,
Neurosurgery and Psychiatry 19, 1956), and that takes twice as many looks (Shannon, "Communication in the presence of noise", 1949).
Nothing is said there.
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
_ALL: Final = (*_PLAIN, *(f"{name}_fast" for name in RATED))
_GROUPS: Final = tuple(_GROUP[name.removesuffix("_fast")] for name in _ALL)
_ORDER: Final = np.array(sorted(range(len(_ALL)), key=lambda at: tuple(dict.fromkeys(_GROUPS)).index(_GROUPS[at])))
NAMES: Final = tuple(_ALL[at] for at in _ORDER)
GROUPS: Final = tuple(_GROUPS[at] for at in _ORDER)

MIN_EVENTS: Final = 18
MIN_MOVES: Final = 6
FAST: Final = math.log(110.0)
SLOW: Final = math.log(417.0)
"""Logarithms of the usual wait in ticks: below the first (11 ms) a pipeline is fast, above the second (24 a second) it shows too little."""
WAIT: Final = NAMES.index("wait")
_RATED: Final = np.array([_ALL.index(name) for name in RATED])
_WAIT: Final = _ALL.index("wait")


def features(window: Window) -> tuple[Floats, int]:
    """Return NAMES over the window's moves, and how many moves there were; no features (empty) where there are too few or too seldom."""
    return _features(window.since, window.what, window.x, window.y)


@kernel
def _features(since: Ticks, what: Whats, x: Pixels, y: Pixels) -> tuple[Floats, int]:
    moves, count = track(since, what, x, y)
    if moves.shape[1] < MIN_MOVES or len(what) < MIN_EVENTS:
        return np.empty(0), count
    paced = pace.pace(moves)
    if paced[_WAIT] > SLOW:
        return np.empty(0), count
    return _assembled(paced, bends.bends(moves, count, len(what) - count), noise.noise(moves), _ORDER, _RATED), count


@kernel
def _assembled(first: Floats, second: Floats, third: Floats, order: NDArray[np.int64], rated: NDArray[np.int64]) -> Floats:
    """Return all features in order, what is rated in its place for fast pipelines where this is one."""
    plain = len(first) + len(second) + len(third)
    found = np.full(len(order), np.nan)
    found[: len(first)] = first
    found[len(first) : len(first) + len(second)] = second
    found[len(first) + len(second) : plain] = third
    if found[_WAIT] < FAST:
        for at in range(len(rated)):
            found[plain + at] = found[rated[at]]
            found[rated[at]] = np.nan
    return found[order]
