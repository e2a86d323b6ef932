"""How fast a pointer goes: speeds, the accelerations that make up a movement, rounding, and what its clock has to do with it."""

from typing import Final

import numpy as np

from signals.kernel import kernel
from signals.timing.order import nth
from signals.timing.track import FLOW, GOING, LOG_STEP, LOG_WAIT, MIN_FLOWING, STEP, WAIT, WAY_X, WAY_Y, Floats

SPEED: Final = ("speed_upper", "speed_lower", "speed_memory", "speed_memory_3", "roughness", "step", "even", "even_most")
SUBMOVEMENTS: Final = ("peaks", "rise", "acceleration", "shake", "jerk", "steady", "residual", "tremor", "heading_memory")
PIXELS: Final = ("still", "axis", "jump", "repeat")
CLOCK: Final = (
    "wait",
    "wait_upper",
    "wait_lower",
    "wait_memory",
    "wait_noise",
    "wait_step",
    "wait_told",
    "wait_level",
    "late_step",
    "late_size",
    "clock_path",
)
NAMES: Final = (*SPEED, *SUBMOVEMENTS, *PIXELS, *CLOCK)

_MIN_FAR: Final = 5
_MIN_LATE: Final = 2
_FAR: Final = 4.0
"""Pixels from which rounding to whole ones no longer matters much."""
_LATE: Final = 0.4
"""Logarithm of a wait over the usual one, from which it is a late one (half as long again)."""
_RISING: Final = 1e-9
"""Change of speed (logarithms) that is more than rounding in the sum."""
_UNEVEN: Final = 0.05
"""Spread of changing waits (logarithms) below which the clock says nothing."""


@kernel
def pace(track: Floats) -> Floats:
    """Return NAMES of a track (signals.timing.track); all NaN where less than MIN_FLOWING moves follow one another."""
    n = track.shape[1]
    out = np.full(32, np.nan)
    few = 0.0
    for at in range(n):
        few += track[FLOW, at]
    if few < MIN_FLOWING:
        return out
    going = track[GOING] > 0.0
    steps, waits, speeds = np.empty(n), np.empty(n), np.empty(n)
    m = 0
    for at in range(n):
        if going[at]:
            steps[m], waits[m] = track[LOG_STEP, at], track[LOG_WAIT, at]
            speeds[m] = track[LOG_STEP, at] - track[LOG_WAIT, at]
            m += 1
    low, middle, high = m // 10, m // 2, m - 1 - m // 10
    step_middle = nth(steps, middle, 0, m - 1)
    step_high = nth(steps, high, middle, m - 1)
    wait_middle = nth(waits, middle, 0, m - 1)
    wait_low, wait_high = nth(waits, low, 0, middle), nth(waits, high, middle, m - 1)
    speed_middle = nth(speeds, middle, 0, m - 1)
    speed_low, speed_high = nth(speeds, low, 0, middle), nth(speeds, high, middle, m - 1)
    flow = track[FLOW]

    ss = ww = vv = sw = size = bends = pushed = jolted = snapped = 0.0
    faster = peaks = far = repeats = moved = jolts = snaps = 0
    even = most = 0.0
    was_faster = False
    before = push_x = push_y = jolt_x = jolt_y = 0.0
    late = late_sum = timely_sum = 0.0
    timed = counted = 0.0
    still = level = 0
    length = 0.0
    along = along_3 = power = 0.0
    for at in range(n):
        right, down = track[WAY_X, at], track[WAY_Y, at]
        length += track[STEP, at]
        if right == 0.0 and down == 0.0:
            still += 1
        elif right == 0.0 or down == 0.0:
            level += 1
        if going[at]:
            if track[LOG_WAIT, at] > wait_middle + _LATE:
                late += 1.0
                late_sum += track[LOG_STEP, at]
            else:
                timely_sum += track[LOG_STEP, at]
        if not at:
            continue
        joined = flow[at] > 0.0
        change = change_wait = change_speed = 0.0
        new_x = new_y = new_jolt_x = new_jolt_y = 0.0
        if joined:
            change = track[LOG_STEP, at] - track[LOG_STEP, at - 1]
            change_wait = track[LOG_WAIT, at] - track[LOG_WAIT, at - 1]
            change_speed = change - change_wait
            new_x, new_y = right - track[WAY_X, at - 1], down - track[WAY_Y, at - 1]
            if track[STEP, at] >= _FAR and track[STEP, at - 1] >= _FAR:
                far += 1
                even += change * change
                most = max(most, abs(change))
            if track[STEP, at] > 2.0:
                moved += 1
                if new_x == 0.0 and new_y == 0.0:
                    repeats += 1
            along += right * track[WAY_X, at - 1] + down * track[WAY_Y, at - 1]
            power += 0.5 * (track[STEP, at] ** 2 + track[STEP, at - 1] ** 2)
            share = track[WAIT, at - 1] / (track[WAIT, at] + track[WAIT, at - 1])
            by_x = track[WAY_X, at - 1] - share * (right + track[WAY_X, at - 1])
            by_y = track[WAY_Y, at - 1] - share * (down + track[WAY_Y, at - 1])
            timed += by_x * by_x + by_y * by_y
            counted += 0.25 * (new_x * new_x + new_y * new_y)
            if at > 2 and flow[at - 1] > 0.0 and flow[at - 2] > 0.0:
                along_3 += right * track[WAY_X, at - 3] + down * track[WAY_Y, at - 3]
        ss += change * change
        ww += change_wait * change_wait
        vv += change_speed * change_speed
        sw += change * change_wait
        size += abs(change)
        is_faster = change_speed > _RISING
        if is_faster:
            faster += 1
        elif was_faster:
            peaks += 1
        if at > 1:
            bends += (change - before) ** 2
            if joined and flow[at - 1] > 0.0:
                new_jolt_x, new_jolt_y = new_x - push_x, new_y - push_y
                jolts += 1
                if at > 2 and flow[at - 2] > 0.0:
                    snaps += 1
                    snapped += (new_jolt_x - jolt_x) ** 2 + (new_jolt_y - jolt_y) ** 2
        pushed += new_x * new_x + new_y * new_y
        jolted += new_jolt_x * new_jolt_x + new_jolt_y * new_jolt_y
        was_faster, before = is_faster, change
        push_x, push_y, jolt_x, jolt_y = new_x, new_y, new_jolt_x, new_jolt_y
    ss, ww, vv, sw = ss / few, ww / few, vv / few, sw / few
    pushed, all_jolted = np.sqrt(pushed / few), np.sqrt(jolted / few)
    noise = np.sqrt(ww)

    out[0] = speed_high - speed_middle
    out[1] = speed_middle - speed_low
    out[2] = _lagged(track[LOG_STEP] - track[LOG_WAIT], flow, few)
    out[3] = along_3 / power if power > 0.0 else 0.0
    out[4] = 0.5 * np.log(vv + 1e-4)
    out[5] = step_middle
    if far >= _MIN_FAR:
        out[6] = 0.5 * np.log(even / far + 1e-4)
        out[7] = np.log(most + 0.01)
    out[8] = peaks / few
    out[9] = faster / few
    out[10] = np.log((pushed + 0.4) / (length / n + 0.4))
    out[11] = np.log((all_jolted + 0.7) / (pushed + 0.4))
    out[12] = 0.5 * np.log((bends / few + 1e-4) / (ss + 1e-4))
    out[13] = np.log(size / few + 0.01)
    if jolts and snaps:
        jolted = np.sqrt(jolted / jolts)
        out[14] = np.log(jolted + 0.3)
        out[15] = np.log((np.sqrt(snapped / snaps) + 0.7) / (jolted + 0.4))
    out[16] = along / power if power > 0.0 else 0.0
    out[17] = still / n
    out[18] = level / n
    out[19] = steps[high:m].max() - step_high
    if moved >= _MIN_FAR:
        out[20] = repeats / moved
    out[21] = wait_middle
    out[22] = wait_high - wait_middle
    out[23] = wait_middle - wait_low
    out[24] = _lagged(track[LOG_WAIT], flow, few)
    out[25] = noise
    out[26] = 0.5 * np.log((vv + 0.02) / (ss + 0.02)) if ww > 1e-3 else 0.0
    out[27] = sw / np.sqrt((ss + 0.01) * (ww + 0.01))
    if noise > _UNEVEN:
        out[28] = _together(track[LOG_STEP], track[LOG_WAIT], track[GOING])
        if _MIN_LATE <= late < m:
            out[29] = late_sum / late - timely_sum / (m - late)
            out[30] = late_sum / late
        out[31] = 0.5 * np.log((timed / few + 0.1) / (counted / few + 0.1))
    return out


@kernel
def _lagged(row: Floats, flow: Floats, few: float) -> float:
    """Return a row's correlation with itself one later, over moves that flow."""
    ahead = behind = 0.0
    for at in range(1, len(row)):
        ahead += row[at] * flow[at]
        behind += row[at - 1] * flow[at]
    ahead, behind = ahead / few, behind / few
    ones = others = both = 0.0
    for at in range(1, len(row)):
        one, other = (row[at] - ahead) * flow[at], (row[at - 1] - behind) * flow[at]
        ones += one * one
        others += other * other
        both += one * other
    power = ones * others
    return both / np.sqrt(power) if power > 1e-9 else 0.0


@kernel
def _together(one: Floats, other: Floats, weights: Floats) -> float:
    """Return the correlation of two rows, drawn to 0 where one of them hardly varies."""
    total = first = second = 0.0
    for at in range(len(one)):
        total += weights[at]
        first += weights[at] * one[at]
        second += weights[at] * other[at]
    first, second = first / total, second / total
    ones = others = both = 0.0
    for at in range(len(one)):
        ones += weights[at] * (one[at] - first) ** 2
        others += weights[at] * (other[at] - second) ** 2
        both += weights[at] * (one[at] - first) * (other[at] - second)
    return float(both / total / np.sqrt((ones / total + 0.01) * (others / total + 0.01)))
