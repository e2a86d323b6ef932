"""The moves of a window as columns: where each went, how long it waited, and which of them belong to one movement."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing.order import nth
from signals.timing.windows import Pixels, Ticks, Whats
from wire import kinds

Floats = NDArray[np.float64]

WAY_X: Final = 0
WAY_Y: Final = 1
WAIT: Final = 2
STEP: Final = 3
LOG_STEP: Final = 4
LOG_WAIT: Final = 5
GOING: Final = 6
FLOW: Final = 7
STOPS: Final = 8
ROWS: Final = 9
"""Rows of a track: pixels gone (right, down), ticks waited, pixels gone at all, the logarithms of both, 1 where the move is no start after
a pause, 1 where this move and the one before are none (FLOW), and 1 where a button or a finger went down or up since the move before."""

_FRAME: Final = 60.0
"""Ticks (6 ms). Moves that come faster are seen only this often: a mouse that reports a thousand times a second is no smoother a hand than
one that reports a hundred times, and what the system hands over at once did not happen at once."""
_PAUSE: Final = 1_000.0
_PAUSE_WAITS: Final = 4.0
"""A wait of so many ticks, and so many usual waits, parts two movements."""
MIN_FLOWING: Final = 10
"""Moves that follow one another, below which nothing is said about movement."""
_POINTER: Final = kinds.POINTER_MOVE
_TOUCH: Final = kinds.TOUCH_MOVE


@kernel
def track(since: Ticks, what: Whats, x: Pixels, y: Pixels) -> tuple[Floats, int]:
    """Return the track, shape (ROWS, moves - 1), of a window's moves, none sooner than _FRAME after another; and how many moves it has."""
    out = np.zeros((ROWS, len(what)))
    n = -1
    count = 0
    waited = 0.0
    stopped = 0.0
    last_x, last_y = 0.0, 0.0
    for at in range(len(what)):
        waited += since[at]
        kind = what[at] >> 4
        if kind != _POINTER and kind != _TOUCH:
            stopped = 1.0
            continue
        count += 1
        if n >= 0 and waited < _FRAME:
            continue
        here_x, here_y = float(x[at]), float(y[at])
        if n >= 0:
            right, down = here_x - last_x, here_y - last_y
            step = np.sqrt(right * right + down * down)
            out[WAY_X, n], out[WAY_Y, n], out[WAIT, n], out[STEP, n] = right, down, waited, step
            out[LOG_STEP, n], out[LOG_WAIT, n] = np.log(step + 0.5), np.log(waited)
            out[STOPS, n] = stopped
        n += 1
        waited, stopped = 0.0, 0.0
        last_x, last_y = here_x, here_y
    n = max(n, 0)
    out = out[:, :n].copy()
    if not n:
        return out, count
    usual = nth(out[WAIT].copy(), n // 2, 0, n - 1)
    pause = max(_PAUSE_WAITS * usual, _PAUSE)
    for at in range(n):
        if out[WAIT, at] < pause:
            out[GOING, at] = 1.0
            if at and out[GOING, at - 1] > 0.0:
                out[FLOW, at] = 1.0
    return out, count
