"""How a pointer or finger moves: speed, curvature, smoothness, sub-movements, rounding, and what its clock has to do with it.

Hands move in overlapping sub-movements (Meyer et al., "Optimality in human motor performance", Psychological Review 1988), slow down in
curves (the two-thirds power law: Lacquaniti, Terzuolo and Viviani, Acta Psychologica 1983), tremble, overshoot and correct. A hand also
goes on moving while the pipeline is late, so a longer wait comes with a longer step; a script that sleeps between the points of a
ready-made path shows no such thing. All features are ratios, so that screens, speeds and pipelines are mostly divided out.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.timing.windows import Window
from wire import kinds

NAMES: Final = (
    "speed_upper",
    "speed_lower",
    "speed_memory",
    "roughness",
    "step",
    "peaks",
    "rise",
    "acceleration",
    "shake",
    "jerk",
    "steady",
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
    "wait_noise",
    "wait_step",
    "wait_told",
    "pauses",
)
GROUPS: Final = (*("speed",) * 5, *("submovements",) * 6, *("path",) * 6, *("pixels",) * 3, *("clock",) * 8)
MIN_MOVES: Final = 16
_MIN_FLOWING: Final = 10
_MIN_TURNS: Final = 6
_LEAST_WAIT: Final = 20.0
"""Ticks (2 ms): events that the system hands over at once did not happen at once."""
_PAUSE: Final = 1_000.0
_PAUSE_WAITS: Final = 4.0
"""A wait of so many ticks, and so many usual waits, parts two movements."""
_ONES: Final = np.ones(256)

Floats = NDArray[np.float64]


def features(window: Window) -> tuple[Floats, int]:
    """Return NAMES over the window's moves, and how many moves there were; no features (empty) where there is too little movement."""
    kind = window.what >> 4
    at = np.flatnonzero((kind == kinds.POINTER_MOVE) | (kind == kinds.TOUCH_MOVE))
    if len(at) < MIN_MOVES:
        return _NOTHING, len(at)
    track = np.empty((3, len(at)))
    track[0], track[1], track[2] = window.x[at], window.y[at], np.cumsum(window.since, dtype=np.float64)[at]
    delta = track[:, 1:] - track[:, :-1]
    way, wait = delta[:2], np.maximum(delta[2], _LEAST_WAIT)
    n = len(wait)
    step = np.sqrt(way[0] * way[0] + way[1] * way[1])
    logs = np.empty((3, n))
    np.log(step + 0.5, out=logs[0])
    np.log(wait, out=logs[1])
    np.subtract(logs[0], logs[1], out=logs[2])
    ordered = np.sort(logs, axis=1)
    going = wait < max(_PAUSE_WAITS * math.exp(ordered[1, n // 2]), _PAUSE)
    m = int(np.count_nonzero(going))
    if m < n:
        ordered = np.sort(logs[:, going], axis=1)
    flow = (going[1:] & going[:-1]).astype(np.float64)
    few = float(flow @ _ONES[: n - 1])
    if few < _MIN_FLOWING:
        return _NOTHING, len(at)
    quantiles = ordered[:, [m // 10, m // 2, m - 1 - m // 10, m - 1]].tolist()
    (_, step_mid, step_high, step_top), (wait_low, wait_mid, wait_high, _), (speed_low, speed_mid, speed_high, _) = quantiles
    changes = (logs[:, 1:] - logs[:, :-1]) * flow
    gram = (changes @ changes.T / few).tolist()
    var_step, var_wait, var_speed, together = gram[0][0], gram[1][1], gram[2][2], gram[0][1]
    wait_memory, speed_memory = _lagged(logs[1:], flow, few)
    faster = changes[2] > 0.0
    bend = changes[0, 1:] - changes[0, :-1]
    pushes = (way[:, 1:] - way[:, :-1]) * flow
    jolts = ((pushes[:, 1:] - pushes[:, :-1]) * (flow[1:] * flow[:-1])).ravel()
    flat = pushes.ravel()
    pushed = math.sqrt(float(flat @ flat) / few)
    jolted = math.sqrt(float(jolts @ jolts) / few)
    length = float(step @ _ONES[:n])
    ends = track[:, -1] - track[:, 0]
    zero = way == 0.0
    still, level = int(np.count_nonzero(zero[0] & zero[1])), int(np.count_nonzero(zero))
    return np.array(
        (
            speed_high - speed_mid,
            speed_mid - speed_low,
            speed_memory,
            0.5 * math.log(var_speed + 1e-4),
            step_mid,
            np.count_nonzero(faster[:-1] & ~faster[1:]) / few,
            np.count_nonzero(faster) / few,
            math.log((pushed + 0.4) / (length / n + 0.4)),
            math.log((jolted + 0.7) / (pushed + 0.4)),
            0.5 * math.log((float(bend @ bend) / few + 1e-4) / (var_step + 1e-4)),
            math.log(float(np.abs(changes[0]) @ _ONES[: n - 1]) / few + 0.01),
            math.log((math.hypot(ends[0], ends[1]) + 1.0) / (length + 1.0)),
            *_turns(way, step, flow, logs[2]),
            still / n,
            (level - 2 * still) / n,
            step_top - step_high,
            wait_mid,
            wait_high - wait_mid,
            wait_mid - wait_low,
            wait_memory,
            math.sqrt(var_wait),
            0.5 * math.log((var_speed + 0.02) / (var_step + 0.02)) if var_wait > 1e-3 else 0.0,
            together / math.sqrt((var_step + 0.01) * (var_wait + 0.01)),
            1.0 - m / n,
        )
    ), len(at)


_NOTHING: Final = np.empty(0)
_NO_TURNS: Final = (math.nan,) * 5


def _turns(way: Floats, step: Floats, flow: Floats, log_speed: Floats) -> tuple[float, ...]:
    """Return turn to reversals of NAMES; NaN where the pointer hardly moved."""
    far = step > 1.0
    moving = (far[1:] & far[:-1]) * flow
    k = int(moving @ _ONES[: len(moving)])
    if k < _MIN_TURNS:
        return _NO_TURNS
    before, after = way[:, :-1], way[:, 1:]
    turning = np.arctan2(before[0] * after[1] - before[1] * after[0], before[0] * after[0] + before[1] * after[1]) * moving
    size = np.abs(turning)
    turns = np.sort(np.where(moving > 0.0, size, 9.0))
    power = float(turning @ turning)
    both = np.stack((np.log(size + 0.02), log_speed[1:]))
    means = both @ moving / k
    both = (both - means[:, None]) * moving
    gram = (both @ both.T).tolist()
    spread = gram[0][0] * gram[1][1]
    return (
        float(turns[k // 2]),
        float(turns[k - 1 - k // 10]),
        float(turning[1:] @ turning[:-1]) / power if power > 0.0 else 0.0,
        gram[0][1] / math.sqrt(spread) if spread > 1e-9 else 0.0,
        np.count_nonzero(size > 1.57) / k,
    )


def _lagged(rows: Floats, flow: Floats, few: float) -> list[float]:
    """Return each row's correlation with itself one later, over pairs that flow."""
    ahead, behind = rows[:, 1:], rows[:, :-1]
    ahead = (ahead - (ahead @ flow / few)[:, None]) * flow
    behind = (behind - (behind @ flow / few)[:, None]) * flow
    out = []
    for one, other in zip(ahead, behind, strict=True):
        power = float(one @ one) * float(other @ other)
        out.append(float(one @ other) / math.sqrt(power) if power > 1e-9 else 0.0)
    return out
