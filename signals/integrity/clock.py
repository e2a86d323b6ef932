"""The part of History that holds a client's clocks against the server's: points of the lower envelope of delays, and counts.

Of a batch, `arrived - mono` is the clocks' offset plus a delay that is never negative. So within each `BIN` of server time only the
smallest is kept: the freshest of a backlog, the luckiest of a jittery link (as NTP's clock filter does: RFC 5905, section 10). What these
points say of the client's speed is in `clock_speed.py`.

This part depends on when batches arrived. A batch that is cut into several with one arrival and one reading of the clocks leaves the same
points.
"""

from typing import Final

import msgspec
import numpy as np
from msgspec.structs import replace

from signals.integrity.clock_speed import BENT, TICK_US, Ticks, speed_of
from signals.kernel import kernel
from signals.types import Facts, IntArray

BIN: Final = 2_000_000 // TICK_US
"""Ticks of server time of which one reading is kept."""
POINTS: Final = 32
FEW: Final = 6
"""Pairs of readings below which there is no speed."""
LEAD: Final = 1.5
"""Nats by which a bent clock has to explain the readings better before anything is said: simulated, more than one honest session in ten
thousand has on any link that flows now and then."""
CERTAIN: Final = 3.5
"""Nats from which all is said."""
JUMP_US: Final = 30_000_000
"""A wall clock that moves by more against the other two was set."""
STEP_US: Final = 30_000_000
"""A reading stands for the server time since the one before, but for no more than this."""
_BEHIND: Final = 4
_BEHIND_US: Final = 100_000
"""What arrives in a quarter of the time in which it was made, less what links jitter, has waited behind the one before."""
_GRID_US: Final = 10_000
_MOST: Final = 2**31 - 1
"""Ticks: fifty-nine hours, longer than any session."""


class Clocks(msgspec.Struct, frozen=True, eq=False):
    """Origins, points, and what was seen so far.

    A reading is a monotonic, a server and a wall clock, since the first of each: `last` in µs, `points` (POINTS at most, flat) in ticks.
    """

    mono0: int = 0
    server0: int = 0
    wall0: int = 0
    readings: int = 0
    points: Ticks = msgspec.field(default_factory=lambda: np.empty(0, np.int32))
    last: tuple[int, int, int] = (0, 0, 0)
    speed: float = 1.0
    """Client seconds in a server second, of the last minute or two."""
    lead: float = 0.0
    """Nats by which a bent clock explains the points better than an honest one does."""
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
    pair = facts.clock
    return clocks if pair is None else follow(clocks, np.array(((pair.mono_us, facts.arrived_us, pair.wall_us),), np.int64))


def follow(clocks: Clocks, readings: IntArray) -> Clocks:
    """Return the clocks after readings in their order, shape (n, 3): monotonic, server and wall clock, µs.

    Several at once leave what one after the other would.
    """
    if not clocks.readings:
        mono0, server0, wall0 = readings[0].tolist()
        clocks = replace(clocks, mono0=mono0, server0=server0, wall0=wall0, readings=1, points=np.zeros(3, np.int32))
    since = readings - np.array((clocks.mono0, clocks.server0, clocks.wall0))
    points, last, (speed, lead, wall_speed), counts = _followed(
        clocks.points, np.array(clocks.last), since, (clocks.speed, clocks.lead, clocks.wall_speed), clocks.pairs
    )
    fresh, pairs, bent_us, set_forward, set_back, backwards = counts
    return replace(
        clocks,
        readings=clocks.readings + fresh,
        points=points,
        last=last,
        speed=speed,
        lead=lead,
        pairs=pairs,
        wall_speed=wall_speed,
        bent_us=clocks.bent_us + bent_us,
        set_forward=clocks.set_forward + set_forward,
        set_back=clocks.set_back + set_back,
        backwards=clocks.backwards + backwards,
    )


@kernel
def _followed(
    points: Ticks, last: IntArray, readings: IntArray, said: tuple[float, float, float], pairs: int
) -> tuple[Ticks, tuple[int, int, int], tuple[float, float, float], tuple[int, int, int, int, int, int]]:
    """Return points, the last reading, what the points say, and what is to be counted: readings, bent µs, times set, times back."""
    speed, lead, wall_speed = said
    fresh = bent_us = set_forward = set_back = backwards = 0
    kept = np.empty(3 * POINTS, np.int32)
    size = len(points)
    kept[:size] = points
    for reading in readings:
        mono, server, wall = reading[0] - last[0], reading[1] - last[1], reading[2] - last[2]
        if mono == 0 and server == 0 and wall == 0:
            continue
        ticks = np.empty(3, np.int32)
        for clock in range(3):
            ticks[clock] = max(-_MOST, min(_MOST, reading[clock] // TICK_US))
        size, altered = _kept(kept, size, ticks, last, mono > _BEHIND * server + _BEHIND_US)
        if altered:
            speed, lead, pairs = speed_of(kept[:size])
            wall_speed = _wall_speed(kept[:size])
        if pairs >= FEW and lead > CERTAIN and abs(speed - 1.0) > BENT:
            bent_us += max(0, min(STEP_US, server))
        fresh += 1
        set_forward += wall - mono > JUMP_US and wall - server > JUMP_US
        set_back += wall - mono < -JUMP_US
        backwards += mono < 0
        last = reading
    counts = (fresh, pairs, bent_us, set_forward, set_back, backwards)
    return kept[:size].copy(), (last[0], last[1], last[2]), (speed, lead, wall_speed), counts


@kernel
def _kept(points: Ticks, size: int, reading: Ticks, last: IntArray, behind: bool) -> tuple[int, bool]:
    """Take a reading into the points, in place, and return their size and whether anything changed.

    A backlog tells nothing: what has waited `behind` another is left out, and so is what it waited for, unless no delay was shorter, as
    with a clock that runs many times too fast.
    """
    delay = int(reading[1]) - int(reading[0])
    begun = int(reading[1]) // BIN != int(points[size - 2]) // BIN
    if behind and delay > _least_delay(points[:size]):
        waited_for = size > 3 and points[size - 3] == last[0] // TICK_US and points[size - 2] == last[1] // TICK_US
        return size - 3 * waited_for, waited_for
    if not begun and delay > int(points[size - 2]) - int(points[size - 3]):
        return size, False
    if begun and size == len(points):
        points[:-3] = points[3:].copy()
    elif begun:
        size += 3
    points[size - 3 : size] = reading
    return size, True


@kernel
def _least_delay(points: Ticks) -> int:
    least = int(points[1]) - int(points[0])
    for at in range(3, len(points), 3):
        least = min(least, int(points[at + 1]) - int(points[at]))
    return least


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
