"""How a pointer or finger moves: speed, curvature, smoothness, sub-movements, rounding, and what its clock has to do with it.

Hands move in overlapping sub-movements (Meyer et al., "Optimality in human motor performance", Psychological Review 1988), slow down in
curves (the two-thirds power law: Lacquaniti, Terzuolo and Viviani, Acta Psychologica 1983), tremble, overshoot and correct. A hand also
goes on moving while the pipeline is late, so a longer wait comes with a longer step; a script that sleeps between the points of a
ready-made path shows no such thing. All features are ratios, so that screens, speeds and pipelines are mostly divided out.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.timing.windows import Window
from wire import kinds

NAMES: Final = (
    "speed_upper",
    "speed_lower",
    "speed_memory",
    "speed_roughness",
    "jerk",
    "peaks",
    "rise",
    "straightness",
    "turn",
    "turn_upper",
    "turn_memory",
    "turn_speed",
    "reversals",
    "still",
    "axis",
    "jump",
    "wait",
    "wait_upper",
    "wait_lower",
    "wait_memory",
    "wait_step",
    "step",
    "acceleration",
    "shake",
    "steady",
    "wait_noise",
    "wait_told",
    "pauses",
)
GROUPS: Final = (
    *("speed",) * 4,
    *("submovements",) * 3,
    *("path",) * 6,
    *("pixels",) * 3,
    *("clock",) * 5,
    "speed",
    *("submovements",) * 3,
    *("clock",) * 2,
    "submovements",
)
MIN_MOVES: Final = 16
_LEAST_WAIT: Final = 20.0
"""Ticks (2 ms): events that the system hands over at once did not happen at once."""

Floats = NDArray[np.float64]


def features(window: Window) -> tuple[Floats, int]:
    """Return NAMES over the window's moves, and how many moves there were; no features (empty) under MIN_MOVES."""
    kind = window.what >> 4
    at = np.flatnonzero((kind == kinds.POINTER_MOVE) | (kind == kinds.TOUCH_MOVE))
    if len(at) < MIN_MOVES:
        return np.empty(0), len(at)
    path = np.empty((2, len(at)))
    path[0], path[1] = window.x[at], window.y[at]
    times = np.cumsum(window.since, dtype=np.float64)[at]
    wait = np.maximum(times[1:] - times[:-1], _LEAST_WAIT)
    way = path[:, 1:] - path[:, :-1]
    step = np.hypot(way[0], way[1])
    usual = float(np.median(wait))
    going = wait < max(_PAUSE_WAITS * usual, _PAUSE)
    flowing = going[1:] & going[:-1]
    n = len(step)
    few = int(np.count_nonzero(flowing))
    if few < _MIN_FLOWING:
        return np.empty(0), len(at)
    logs = np.log(np.stack((step + 0.5, wait)))
    log_step, log_wait = logs
    log_speed = log_step - log_wait
    ordered = np.sort(np.stack((log_step, log_speed, log_wait))[:, going], axis=1)
    m = ordered.shape[1]
    low, middle, high, top = ordered[:, [m // 10, m // 2, m - 1 - m // 10, m - 1]].T
    d_step, d_wait = (logs[:, 1:] - logs[:, :-1])[:, flowing]
    d_speed = d_step - d_wait
    var_step, var_speed, var_wait = float(d_step @ d_step) / few, float(d_speed @ d_speed) / few, float(d_wait @ d_wait) / few
    cross = way[0, :-1] * way[1, 1:] - way[1, :-1] * way[0, 1:]
    dot = way[0, :-1] * way[0, 1:] + way[1, :-1] * way[1, 1:]
    moving = (step[:-1] > 1.0) & (step[1:] > 1.0) & flowing
    turning = np.arctan2(cross[moving], dot[moving])
    size = np.abs(turning)
    turns = np.sort(size)
    k = len(turns)
    turn, turn_upper, turn_memory, turn_speed, reversals = (np.nan,) * 5
    if k >= _MIN_TURNS:
        turn = float(turns[k // 2])
        turn_upper = float(turns[k - 1 - k // 10])
        turn_memory = _along(turning[1:], turning[:-1])
        turn_speed = _correlation(np.log(size + 0.02), log_speed[1:][moving])
        reversals = float(np.count_nonzero(size > 1.57)) / k
    rising = d_speed > 0.0
    peaks = float(np.count_nonzero(rising[:-1] & ~rising[1:])) / few
    bend = d_step[1:] - d_step[:-1]
    pushes = way[:, 1:] - way[:, :-1]
    smooth = flowing[1:] & flowing[:-1]
    push = pushes[:, flowing]
    jolt = (pushes[:, 1:] - pushes[:, :-1])[:, smooth]
    pushed = (float((push * push).sum()) / few) ** 0.5
    jolted = (float((jolt * jolt).sum()) / max(jolt.shape[1], 1)) ** 0.5
    paced = float(step[going].sum()) / m
    together = float(d_step @ d_wait) / few / ((var_step + 0.01) * (var_wait + 0.01)) ** 0.5
    return np.array(
        (
            high[1] - middle[1],
            middle[1] - low[1],
            _correlation(log_speed[1:][flowing], log_speed[:-1][flowing]),
            0.5 * np.log(var_speed + 1e-4),
            0.5 * np.log((float(bend @ bend) / few + 1e-4) / (var_step + 1e-4)),
            peaks,
            float(np.count_nonzero(rising)) / few,
            np.log((np.hypot(*(path[:, -1] - path[:, 0])) + 1.0) / (float(step.sum()) + 1.0)),
            turn,
            turn_upper,
            turn_memory,
            turn_speed,
            reversals,
            float(np.count_nonzero(step == 0.0)) / n,
            float(np.count_nonzero((way == 0.0).any(axis=0) & (step > 0.0))) / n,
            top[0] - high[0],
            middle[2],
            high[2] - middle[2],
            middle[2] - low[2],
            _correlation(log_wait[1:][flowing], log_wait[:-1][flowing]),
            0.5 * np.log((var_speed + 0.02) / (var_step + 0.02)) if var_wait > 1e-3 else 0.0,
            middle[0],
            np.log((pushed + 0.4) / (paced + 0.4)),
            np.log((jolted + 0.7) / (pushed + 0.4)),
            np.log(float(np.median(np.abs(d_step))) + 0.01),
            var_wait**0.5,
            together,
            1.0 - m / n,
        )
    ), len(at)


_MIN_TURNS: Final = 6
_MIN_FLOWING: Final = 10
_PAUSE: Final = 1_000.0
_PAUSE_WAITS: Final = 4.0


def _along(a: Floats, b: Floats) -> float:
    """Return the cosine between two series."""
    power = float(a @ a) * float(b @ b)
    return float(a @ b) / power**0.5 if power > 0.0 else 0.0


def _correlation(a: Floats, b: Floats) -> float:
    return _along(a - a.mean(), b - b.mean())
