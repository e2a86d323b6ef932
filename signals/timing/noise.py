"""What a hand adds to the movement that it means: noise that grows with speed, along the way more than across it, and corrections.

The noise of muscles grows with their signal (Harris and Wolpert, "Signal-dependent noise determines motor planning", Nature 394, 1998);
what a script adds to a path is mostly the same everywhere and in every direction, or nothing but rounding.
"""

from typing import Final

import numpy as np

from signals.kernel import kernel
from signals.timing.track import FLOW, LOG_STEP, MIN_FLOWING, STEP, WAY_X, WAY_Y, Floats

NAMES: Final = ("noise_speed", "across", "push_memory_2", "push_memory_4")
_MIN_JOLTS: Final = 6
_LAGS: Final = np.array((2, 4))


@kernel
def noise(track: Floats) -> Floats:
    """Return NAMES of a track; NaN where hardly any moves follow one another."""
    n = track.shape[1]
    out = np.full(4, np.nan)
    sizes, steps = np.empty(n), np.empty(n)
    push_x, push_y = np.zeros(n), np.zeros(n)
    run = np.zeros(n)
    k = 0
    along = across = power = 0.0
    for at in range(1, n):
        if track[FLOW, at] == 0.0:
            continue
        run[at] = run[at - 1] + 1.0
        push_x[at], push_y[at] = track[WAY_X, at] - track[WAY_X, at - 1], track[WAY_Y, at] - track[WAY_Y, at - 1]
        power += push_x[at] ** 2 + push_y[at] ** 2
        if run[at] < 2.0:
            continue
        jolt_x, jolt_y = push_x[at] - push_x[at - 1], push_y[at] - push_y[at - 1]
        sizes[k] = np.log(np.sqrt(jolt_x * jolt_x + jolt_y * jolt_y) + 0.7)
        steps[k] = (track[LOG_STEP, at] + track[LOG_STEP, at - 1] + track[LOG_STEP, at - 2]) / 3.0
        k += 1
        step = track[STEP, at - 1]
        if step > 0.0:
            x, y = track[WAY_X, at - 1] / step, track[WAY_Y, at - 1] / step
            along += (jolt_x * x + jolt_y * y) ** 2
            across += (jolt_y * x - jolt_x * y) ** 2
    if run.astype(np.bool_).sum() < MIN_FLOWING or k < _MIN_JOLTS:
        return out
    mean, usual = sizes[:k].mean(), steps[:k].mean()
    ones = others = both = 0.0
    for at in range(k):
        ones += (sizes[at] - mean) ** 2
        others += (steps[at] - usual) ** 2
        both += (sizes[at] - mean) * (steps[at] - usual)
    out[0] = both / k / np.sqrt((ones / k + 0.01) * (others / k + 0.01))
    out[1] = 0.5 * np.log((across / k + 0.3) / (along / k + 0.3))
    for which in range(2):
        lag = _LAGS[which]
        total = 0.0
        for at in range(lag + 1, n):
            if run[at] > lag:
                total += push_x[at] * push_x[at - lag] + push_y[at] * push_y[at - lag]
        out[2 + which] = total / power if power > 0.0 else 0.0
    return out
