"""Where a pointer goes: how straight and curved its way is, and how it comes to places and leaves them."""

from typing import Final

import numpy as np

from signals.kernel import kernel
from signals.timing.order import nth
from signals.timing.track import FLOW, GOING, LOG_STEP, LOG_WAIT, MIN_FLOWING, STEP, STOPS, WAY_X, WAY_Y, Floats

PATH: Final = ("straightness", "turn", "turn_upper", "turn_memory", "turn_speed", "reversals")
STOPS_NAMES: Final = ("pauses", "before_stop", "after_stop", "alone", "pressed", "approach")
NAMES: Final = (*PATH, *STOPS_NAMES)
_MIN_TURNS: Final = 6
_REVERSAL: Final = 1.57
_MIN_PLACES: Final = 6


@kernel
def bends(track: Floats, moves: int, others: int) -> Floats:
    """Return NAMES of a track; NaN where too few moves follow one another. `moves` counts all moves, `others` the events that are none."""
    n = track.shape[1]
    out = np.full(12, np.nan)
    length = right = down = alone = going = stops = few = 0.0
    for at in range(n):
        length += track[STEP, at]
        right += track[WAY_X, at]
        down += track[WAY_Y, at]
        going += track[GOING, at]
        stops += track[STOPS, at]
        few += track[FLOW, at]
        before, after = track[GOING, at], track[GOING, at + 1] if at + 1 < n else 1.0
        if before == 0.0 and after == 0.0:
            alone += track[STEP, at]
    if few >= MIN_FLOWING:
        out[0] = np.log((np.sqrt(right * right + down * down) + 1.0) / (length + 1.0))
        _turns(track, out)
        _stops(track, out)
    out[6] = 1.0 - going / n
    out[9] = alone / (length + 1.0)
    out[10] = others / (moves + others)
    if stops >= 2:
        out[11] = np.log(moves / stops)
    return out


@kernel
def _turns(track: Floats, out: Floats) -> None:
    """Fill in turn to reversals."""
    n = track.shape[1]
    turning = np.zeros(n)
    sizes = np.empty(n)
    logs = np.empty(n)
    speeds = np.empty(n)
    k = turned_back = 0
    power = memory = 0.0
    for at in range(1, n):
        if not (track[STEP, at] > 1.0 and track[STEP, at - 1] > 1.0 and track[FLOW, at] > 0.0):
            continue
        a, b, c, d = track[WAY_X, at - 1], track[WAY_Y, at - 1], track[WAY_X, at], track[WAY_Y, at]
        angle = np.arctan2(a * d - b * c, a * c + b * d)
        turning[at] = angle
        power += angle * angle
        memory += angle * turning[at - 1]
        sizes[k] = abs(angle)
        logs[k] = np.log(abs(angle) + 0.02)
        speeds[k] = track[LOG_STEP, at] - track[LOG_WAIT, at]
        turned_back += abs(angle) > _REVERSAL
        k += 1
    if k < _MIN_TURNS:
        return
    mean, mean_speed = logs[:k].mean(), speeds[:k].mean()
    ones = others = both = 0.0
    for at in range(k):
        one, other = logs[at] - mean, speeds[at] - mean_speed
        ones += one * one
        others += other * other
        both += one * other
    out[1] = nth(sizes, k // 2, 0, k - 1)
    out[2] = nth(sizes, k - 1 - k // 10, k // 2, k - 1)
    out[3] = memory / power if power > 0.0 else 0.0
    out[4] = both / np.sqrt(ones * others) if ones * others > 1e-9 else 0.0
    out[5] = turned_back / k


@kernel
def _stops(track: Floats, out: Floats) -> None:
    """Fill in how large the last steps before a pause or a press are, and the first ones after, against the usual step."""
    n = track.shape[1]
    going = 0
    steps = np.empty(n)
    last = first = 0.0
    lasts = firsts = 0
    for at in range(n):
        if track[GOING, at] > 0.0 and track[STOPS, at] == 0.0:
            steps[going] = track[LOG_STEP, at]
            going += 1
            if at + 1 < n and (track[GOING, at + 1] == 0.0 or track[STOPS, at + 1] > 0.0):
                last += track[LOG_STEP, at]
                lasts += 1
            if at and (track[GOING, at - 1] == 0.0 or track[STOPS, at - 1] > 0.0):
                first += track[LOG_STEP, at]
                firsts += 1
    if going < _MIN_PLACES:
        return
    usual = nth(steps, going // 2, 0, going - 1)
    if lasts:
        out[7] = last / lasts - usual
    if firsts:
        out[8] = first / firsts - usual
