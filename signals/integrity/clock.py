"""The part of History that holds a client's clocks against the server's: points of the lower envelope of delays, and counts.

Of a batch, `arrived - mono` is the clocks' offset plus a delay that is never negative. So within each `BIN` of server time only the
smallest is kept (the freshest of a backlog, the luckiest of a jittery link; Moon, Skelly and Towsley, "Estimation and removal of clock
skew from network delay measurements", INFOCOM 1999), and the client's speed is the median slope over pairs of such points that lie
`NEAR_US` to `FAR_US` apart (Theil-Sen: Sen, 1968). Pairs that span a suspend, a late batch or a changed route are the minority and fall
out.

This part depends on when batches arrived. A batch that is cut into several with one arrival and one reading of the clocks leaves the same
points.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.types import Facts, IntArray
from wire.schema import ClockPair

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
    """Median absolute deviation of the slopes."""
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
    changed: dict[str, Any] = {}
    if len(facts.t_us) or len(facts.frames_us):
        changed |= _stamped(clocks, facts.t_us, facts.frames_us)
    if facts.clock is not None:
        changed |= _read(clocks, facts.clock, facts.arrived_us)
    return replace(clocks, **changed) if changed else clocks


def _stamped(clocks: Clocks, events: IntArray, frames: IntArray) -> dict[str, Any]:
    coarse, repeated = _stamps(events, frames, clocks.last_frame_us)
    return {
        "stamps": clocks.stamps + len(events) + len(frames),
        "coarse": clocks.coarse + coarse,
        "repeated": clocks.repeated + repeated,
        "last_frame_us": int(frames[-1]) if len(frames) else clocks.last_frame_us,
    }


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


def _read(clocks: Clocks, pair: ClockPair, arrived_us: int) -> dict[str, Any]:
    if not clocks.readings:
        return {"mono0": pair.mono_us, "server0": arrived_us, "wall0": pair.wall_us, "readings": 1, "points": np.zeros(3, np.int32)}
    reading = (pair.mono_us - clocks.mono0, arrived_us - clocks.server0, pair.wall_us - clocks.wall0)
    if reading == clocks.last:
        return {}
    mono, server, wall = (now - before for now, before in zip(reading, clocks.last, strict=True))
    points = _envelope(clocks.points, reading)
    speed, spread, pairs, wall_speed = _speeds(points)
    bent = pairs >= FEW and abs(speed - 1.0) > BENT + uncertainty(spread, pairs)
    return {
        "readings": clocks.readings + 1,
        "points": points,
        "last": reading,
        "speed": speed,
        "spread": spread,
        "pairs": pairs,
        "wall_speed": wall_speed,
        "bent_us": clocks.bent_us + (max(0, min(FAR_US, server)) if bent else 0),
        "set_forward": clocks.set_forward + (wall - mono > JUMP_US and wall - server > JUMP_US),
        "set_back": clocks.set_back + (wall - mono < -JUMP_US),
        "backwards": clocks.backwards + (mono < 0),
    }


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
    slopes, walls = np.empty(readings * readings), np.empty(readings * readings)
    pairs, forward = 0, 0
    for early in range(0, len(points), 3):
        for late in range(0, len(points), 3):
            server = float(points[late + 1]) - float(points[early + 1])
            if _NEAR <= server <= _FAR:
                mono = float(points[late]) - float(points[early])
                slopes[pairs] = mono / server
                pairs += 1
                if mono > 0.0:
                    walls[forward] = (float(points[late + 2]) - float(points[early + 2])) / mono
                    forward += 1
    if pairs < FEW:
        return 1.0, 0.0, pairs, 1.0
    speed = _median(slopes[:pairs])
    return speed, _median(np.abs(slopes[:pairs] - speed)), pairs, _median(walls[:forward]) if forward >= FEW else 1.0


@kernel
def _median(values: NDArray[np.float64]) -> float:
    return float(np.partition(values, len(values) // 2)[len(values) // 2])
