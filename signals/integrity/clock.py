"""The part of History that holds a client's clocks against the server's: points of the lower envelope of delays, and counts.

Of a batch, `arrived - mono` is the clocks' offset plus a delay that is never negative. So within each `BIN` of server time only the
smallest is kept (the freshest of a backlog, the luckiest of a jittery link; Moon, Skelly and Towsley, "Estimation and removal of clock
skew from network delay measurements", INFOCOM 1999), and what stands out above both neighbours is left aside. The client's speed is where
slopes over pairs of such points, `NEAR_US` to `FAR_US` apart (Sen, 1968), lie closest: the middle of the shortest interval that holds half
of them (Rousseeuw, "Least median of squares regression", 1984). Pairs that span a suspend, a late batch or a changed route are the
minority and fall out, although all of them err to one side. Where a link stalls so often that they are not, a third of the readings at one
and the same delay say that the clock is honest.

This part depends on when batches arrived. A batch that is cut into several with one arrival and one reading of the clocks leaves the same
points.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.types import Facts, IntArray

TICK_US: Final = 100
BIN: Final = 2_000_000 // TICK_US
"""Ticks of server time of which one reading is kept."""
NEAR_US: Final = 8_000_000
FAR_US: Final = 30_000_000
POINTS: Final = 32
FEW: Final = 6
"""Pairs below which there is no speed."""
BENT: Final = 0.022
"""A clock whose speed is off by more counts as bent: two hundred times what quartz does (100 ppm), half of the smallest hack worth
having."""
WIDE: Final = 0.02
"""Scatter of slopes from which little can be said of a small deviation."""
JUMP_US: Final = 30_000_000
"""A wall clock that moves by more against the other two was set."""
_LATE: Final = 500_000 / TICK_US
"""By how much later than its neighbours let expect a reading is left out: ten times what links jitter, less than what a retry costs."""
_SAME: Final = 300_000 / TICK_US
"""Delays that differ by less are one: a clock that is bent by BENT takes fourteen seconds to get further."""
_AGREEING: Final = 1.0 / 3.0
"""Share of readings at one delay from which the clock is taken for an honest one, whatever the other slopes say."""
_NEAR: Final = NEAR_US / TICK_US
_FAR: Final = FAR_US / TICK_US
_GRID_US: Final = 10_000
_MOST: Final = 2**31 - 1
"""Ticks: fifty-nine hours, longer than any session."""

Ticks = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Clocks:
    """Origins, points, and what was seen so far.

    A reading is a monotonic, a server and a wall clock, since the first of each: `last` in µs, `points` (POINTS at most, flat) in ticks.
    """

    mono0: int = 0
    server0: int = 0
    wall0: int = 0
    readings: int = 0
    points: Ticks = field(default_factory=lambda: np.empty(0, np.int32))
    last: tuple[int, int, int] = (0, 0, 0)
    speed: float = 1.0
    """Client seconds in a server second, of the last minute or two."""
    spread: float = 0.0
    """Half the length of the shortest interval that holds half of the slopes: for slopes that scatter alike, their median deviation."""
    pairs: int = 0
    wall_speed: float = 1.0
    """Client wall seconds in a client monotonic second: needs no network."""
    bent_us: int = 0
    """Server time over which the clock was bent."""
    set_forward: int = 0
    set_back: int = 0
    backwards: int = 0
    """How often the monotonic clock went back."""
    stamps: int = 0
    coarse: int = 0
    """Stamps of events that are whole hundredths of a second."""
    repeated: int = 0
    """Stamps of frames that equal the one before."""
    last_frame_us: int = -1


def learn(clocks: Clocks, facts: Facts) -> Clocks:
    """Return what is known of the clocks after one batch more."""
    return stamp(read(clocks, facts), facts)


def stamp(clocks: Clocks, facts: Facts) -> Clocks:
    """Return the clocks after the stamps of a batch's events and frames."""
    events, frames = facts.t_us, facts.frames_us
    if not len(events) and not len(frames):
        return clocks
    coarse, repeated = _stamps(events, frames, clocks.last_frame_us)
    return replace(
        clocks,
        stamps=clocks.stamps + len(events) + len(frames),
        coarse=clocks.coarse + coarse,
        repeated=clocks.repeated + repeated,
        last_frame_us=int(frames[-1]) if len(frames) else clocks.last_frame_us,
    )


@kernel
def _stamps(events: IntArray, frames: IntArray, last_frame_us: int) -> tuple[int, int]:
    """Return how many stamps are coarse, and how many frames have that of the frame before."""
    coarse, repeated = 0, 0
    for stamp in events:
        coarse += stamp % _GRID_US == 0
    for stamp in frames:
        coarse += stamp % _GRID_US == 0
        repeated += stamp == last_frame_us
        last_frame_us = stamp
    return coarse, repeated


def read(clocks: Clocks, facts: Facts) -> Clocks:
    """Return the clocks after a batch's reading of them."""
    pair, arrived_us = facts.clock, facts.arrived_us
    if pair is None:
        return clocks
    if not clocks.readings:
        return replace(clocks, mono0=pair.mono_us, server0=arrived_us, wall0=pair.wall_us, readings=1, points=np.zeros(3, np.int32))
    reading = (pair.mono_us - clocks.mono0, arrived_us - clocks.server0, pair.wall_us - clocks.wall0)
    if reading == clocks.last:
        return clocks
    mono, server, wall = (now - before for now, before in zip(reading, clocks.last, strict=True))
    points = _envelope(clocks.points, reading)
    speed, spread, pairs, wall_speed = _speeds(points)
    bent = pairs >= FEW and abs(speed - 1.0) > BENT + uncertainty(spread, pairs)
    return replace(
        clocks,
        readings=clocks.readings + 1,
        points=points,
        last=reading,
        speed=speed,
        spread=spread,
        pairs=pairs,
        wall_speed=wall_speed,
        bent_us=clocks.bent_us + (max(0, min(FAR_US, server)) if bent else 0),
        set_forward=clocks.set_forward + (wall - mono > JUMP_US and wall - server > JUMP_US),
        set_back=clocks.set_back + (wall - mono < -JUMP_US),
        backwards=clocks.backwards + (mono < 0),
    )


def uncertainty(spread: float, pairs: int) -> float:
    """Return by how much the speed may be off for the link's sake: more where slopes are few, and much more where they scatter widely.

    The coefficients were chosen on simulated links (bench/clocks.py): retries and queues scatter slopes by tenths, jitter of 50 ms by
    thousandths.
    """
    return 0.8 * spread + WIDE * (spread / WIDE) ** 3 + 0.1 / pairs


def _envelope(points: Ticks, reading: tuple[int, int, int]) -> Ticks:
    mono, server, _ = points[-3:].tolist()
    ticks = [max(-_MOST, min(_MOST, clock // TICK_US)) for clock in reading]
    if ticks[1] // BIN != server // BIN:
        return np.concatenate((points[-3 * (POINTS - 1) :], np.array(ticks, np.int32)))
    if ticks[1] - ticks[0] <= server - mono:
        return np.concatenate((points[:-3], np.array(ticks, np.int32)))
    return points


@kernel
def _speeds(points: Ticks) -> tuple[float, float, int, float]:
    """Return speed, spread, pairs and wall speed (see Clocks) of the readings."""
    readings = len(points) // 3
    slopes = np.empty(readings * readings)
    late = _late(points)
    pairs = 0
    for one in range(readings):
        for other in range(readings):
            server = float(points[3 * other + 1]) - float(points[3 * one + 1])
            if not late[one] and not late[other] and _NEAR <= server <= _FAR:
                slopes[pairs] = (float(points[3 * other]) - float(points[3 * one])) / server
                pairs += 1
    if pairs < FEW:
        return 1.0, 0.0, pairs, 1.0
    ordered = np.sort(slopes[:pairs])
    half = pairs // 2 + 1
    start = 0
    for at in range(1, pairs - half + 1):
        if ordered[at + half - 1] - ordered[at] < ordered[start + half - 1] - ordered[start]:
            start = at
    speed, spread = ordered[start + half // 2], (ordered[start + half - 1] - ordered[start]) / 2.0
    if _agreeing(points) >= _AGREEING * readings:
        spread = max(spread, abs(speed - 1.0))
    return speed, spread, pairs, _wall_speed(points)


@kernel
def _agreeing(points: Ticks) -> int:
    """Return how many readings had one and the same delay: of an honest clock many, however its link stalls; of a bent one few."""
    delays = np.empty(len(points) // 3)
    for reading in range(len(delays)):
        delays[reading] = float(points[3 * reading + 1]) - float(points[3 * reading])
    delays = np.sort(delays)
    most = first = 0
    for last in range(len(delays)):
        while delays[last] - delays[first] > _SAME:
            first += 1
        most = max(most, last - first + 1)
    return most


@kernel
def _late(points: Ticks) -> NDArray[np.bool_]:
    """Return which readings came later than both neighbours let expect: whatever the speed, a straight line joins readings on time."""
    late = np.zeros(len(points) // 3, np.bool_)
    for at in range(3, len(points) - 3, 3):
        before, after = at - 3, at + 3
        span = float(points[after]) - float(points[before])
        if span > 0.0:
            along = (float(points[at]) - float(points[before])) / span
            expected = float(points[before + 1]) + along * (float(points[after + 1]) - float(points[before + 1]))
            late[at // 3] = float(points[at + 1]) - expected > _LATE
    return late


@kernel
def _wall_speed(points: Ticks) -> float:
    """Return the median speed of the wall clock from reading to reading: where it was set, one of them is wrong and no more."""
    speeds = np.empty(len(points) // 3)
    steps, since = 0, 0
    for at in range(3, len(points), 3):
        mono = float(points[at]) - float(points[since])
        if mono >= BIN:
            speeds[steps] = (float(points[at + 2]) - float(points[since + 2])) / mono
            steps += 1
        if mono >= BIN or mono < 0.0:
            since = at
    return float(np.sort(speeds[:steps])[steps // 2]) if steps >= FEW else 1.0
