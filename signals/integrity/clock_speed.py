"""How fast a client's clock runs, and how much better another speed than an honest one explains when its readings arrived.

Of a reading, server time less monotonic time is the clocks' offset plus a delay. Over server time an honest clock's delays lie on a level
line, those of a bent one on a slope of 5 % or more; a reading that was sent again, or waited behind one, lies above it by seconds, and
never below. So a line is judged by how far readings lie off it, each by so much and no more: what is late by ten
seconds says no more than what is late by one (Huber, "Robust Statistics", 1981, on estimates that descend again). All lines through two
readings are tried: least absolute deviations are reached by one of them (Edgeworth, 1887), as the lower hull of delays is made of them
(Moon, Skelly and Towsley, INFOCOM 1999). Once in a window the level may change, as it does with a suspend or a new route.

What is told is a ratio of likelihoods: with deviations of Laplace's kind and of a scale that is not known, n readings say n - 2 times (a
line takes two) the logarithm of the ratio of their mean deviations. So on a bad link, where no line explains much, none is much better.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel

TICK_US: Final = 100
NEAR_US: Final = 8_000_000
"""Readings that lie nearer in time have no slope worth looking at: jitter of 50 ms would make a bent clock of any."""
BENT: Final = 0.022
"""A clock whose speed is off by more may count as bent: two hundred times what quartz does (100 ppm), half of the smallest hack worth
having."""

_SECOND: Final = 1_000_000 / TICK_US
_NEAR: Final = NEAR_US / TICK_US
_LATE: Final = 0.2 * _SECOND
"""Deviation that counts one: four times what links jitter."""
_EARLY: Final = 0.1 * _SECOND
"""The same below the line: nothing comes before the shortest delay, but for jitter."""
_LATEST: Final = 4.0
_EARLIEST: Final = 6.0
"""What a reading counts at most, however far it lies above or below."""
_SLOWEST: Final = 0.1
_STEP: Final = 6.0
"""What a change of level counts."""
_LEAST_MEAN: Final = 0.3
"""Deviations below which a mean one isn't taken for smaller: 60 ms."""

Ticks = NDArray[np.int32]
Floats = NDArray[np.float64]


@kernel
def speed_of(points: Ticks) -> tuple[float, float, int]:
    """Return the client seconds in a server second, by how many nats a bent clock explains the readings better, and how many pairs of
    readings have a slope.

    `points` are readings in ticks, flat: monotonic, server and wall clock of each. The nats are negative where an honest clock explains
    them better; the speed is that of the better of both.
    """
    readings = len(points) // 3
    server, delay = np.empty(readings), np.empty(readings)
    for at in range(readings):
        server[at] = points[3 * at + 1]
        delay[at] = server[at] - points[3 * at]
    slopes, least = np.zeros(2), np.full(2, np.inf)
    pairs = 0
    for one in range(readings):
        for other in range(one + 1, readings):
            apart = server[other] - server[one]
            if apart >= _NEAR:
                pairs += 1
                slope = (delay[other] - delay[one]) / apart
                bent = int(abs(slope) > BENT)
                level, scale = delay[one] - slope * server[one], _to_server(slope)
                off = 0.0
                for at in range(readings):
                    off += _off((delay[at] - slope * server[at] - level) * scale)
                    if off >= least[bent]:
                        break
                if off < least[bent]:
                    slopes[bent], least[bent] = slope, off
    if not pairs:
        return 1.0, 0.0, 0
    if least[1] == np.inf:
        slopes[1] = BENT if slopes[0] > 0.0 else -BENT
    honest, bent_one = _least(server, delay, 0.0), _least(server, delay, slopes[1])
    lead = (readings - 2) * np.log((honest + _LEAST_MEAN * readings) / (bent_one + _LEAST_MEAN * readings))
    return 1.0 - slopes[int(lead > 0.0)], lead, pairs


@kernel
def _least(server: Floats, delay: Floats, slope: float) -> float:
    """Return how far the readings lie off the best line of a slope, or off two with a change of level between them."""
    readings = len(server)
    before, after = np.full(readings + 1, np.inf), np.full(readings + 1, np.inf)
    before[0] = after[readings] = 0.0
    rest = (delay - slope * server) * _to_server(slope)
    for level in rest:
        off = 0.0
        for at in range(readings):
            off += _off(rest[at] - level)
            before[at + 1] = min(before[at + 1], off)
        off = 0.0
        for at in range(readings - 1, -1, -1):
            off += _off(rest[at] - level)
            after[at] = min(after[at], off)
    best = before[readings]
    for at in range(1, readings):
        best = min(best, before[at] + _STEP + after[at])
    return float(best)


@kernel
def _to_server(slope: float) -> float:
    """Return by what a delay in the client's seconds is multiplied to be in the server's."""
    return 1.0 / max(_SLOWEST, 1.0 - slope)


@kernel
def _off(above: float) -> float:
    """Return what a deviation counts."""
    return min(above / _LATE, _LATEST) if above >= 0.0 else min(-above / _EARLY, _EARLIEST)
