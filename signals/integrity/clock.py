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
from typing import Final

import numpy as np
from numpy.typing import NDArray

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
    if len(facts.t_us) or len(facts.frames_us):
        clocks = _stamped(clocks, facts.t_us, facts.frames_us)
    if facts.clock is not None:
        clocks = _read(clocks, facts.clock, facts.arrived_us)
    return clocks


def _stamped(clocks: Clocks, events: IntArray, frames: IntArray) -> Clocks:
    repeated, last_frame, coarse = 0, clocks.last_frame_us, 0
    if len(frames):
        repeated = int(np.count_nonzero(frames[1:] == frames[:-1])) + (int(frames[0]) == last_frame)
        last_frame = int(frames[-1])
        coarse = len(frames) - int(np.count_nonzero(frames % _GRID_US))
    if len(events):
        coarse += len(events) - int(np.count_nonzero(events % _GRID_US))
    stamps = clocks.stamps + len(events) + len(frames)
    return replace(clocks, stamps=stamps, coarse=clocks.coarse + coarse, repeated=clocks.repeated + repeated, last_frame_us=last_frame)


def _read(clocks: Clocks, pair: ClockPair, arrived_us: int) -> Clocks:
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


def _speeds(points: Ticks) -> tuple[float, float, int, float]:
    readings = points.reshape(-1, 3).astype(np.float64)
    apart = readings[None, :, 1] - readings[:, None, 1]
    earlier, later = np.nonzero((apart >= NEAR_US / TICK_US) & (apart <= FAR_US / TICK_US))
    mono, server, wall = (readings[later] - readings[earlier]).T
    if len(server) < FEW:
        return 1.0, 0.0, len(server), 1.0
    slopes = mono / server
    speed = _median(slopes)
    forward = mono > 0.0
    walls = wall[forward] / mono[forward]
    return speed, _median(np.abs(slopes - speed)), len(server), _median(walls) if len(walls) >= FEW else 1.0


def _median(values: NDArray[np.float64]) -> float:
    return float(np.partition(values, len(values) // 2)[len(values) // 2])
