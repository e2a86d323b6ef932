"""A key that is held down: the system repeats its press, evenly and without a release, and that is nobody's rhythm.

Windows repeats every 33 to 500 ms, X11 and Wayland compositors every 33 to 40 ms unless told otherwise, macOS every 30 to 90 ms (their
keyboard settings); recordings of honest typing show 100 ms too. A run of presses of one class at the pace of repeats, without a release
between them, counts as its first press.

Where a client reports no releases, a script that presses one key looks the same. Then a run counts as held if no finger could keep its
pace, or if it comes after the wait before a first repeat and is as even and as short as those of a key held for a moment. A repeat that
comes late or early cuts a run in two: what goes on at the same key, without another wait, is still held.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.types import IntArray
from wire import kinds

_SLOWEST: Final = 1_500
"""Ticks (150 ms) between repeats, where a client reports releases, so that their absence says something."""
_SLOWEST_BARE: Final = 1_100
"""The same where it reports none."""
_NO_FINGER: Final = 550
"""Ticks (55 ms) at which no finger presses one key over and over."""
_EVEN: Final = 80
"""Ticks (8 ms) by which repeats differ from those before at most, on the average: keyboards and timers are that coarse."""
_LONGEST: Final = 40
"""Presses of one key at that pace, where none are reported to be released, that somebody may have held."""
_DELAY: Final = 1_500
"""Ticks that every system waits before the first repeat."""
_RUN: Final = 4
"""Presses from which on they are a run."""


@kernel
def left_out(since: IntArray, what: IntArray) -> tuple[IntArray, IntArray]:
    """Return the columns of a window of keys (kind * 16 + class) without repeats; the time that those took stays."""
    rows = kept(since, (what >> 4) == kinds.KEY_DOWN, what & 15)
    if len(rows) == len(since):
        return since, what
    waits, whats = np.zeros(len(rows), np.int64), np.empty(len(rows), np.int64)
    start = 0
    for place in range(len(rows)):
        for at in range(start, rows[place] + 1):
            waits[place] += since[at]
        start = rows[place] + 1
        whats[place] = what[rows[place]]
    return waits, whats


@kernel
def kept(since: IntArray, down: NDArray[np.bool_], code: IntArray) -> IntArray:
    """Return which events are no repeats, in order. `since` is in ticks since the event before."""
    n = len(since)
    bare = down.all()
    slowest = _SLOWEST_BARE if bare else _SLOWEST
    rows = np.empty(n, np.int64)
    count, start, until, begun, goes_on = 0, 0, 0, 0, False
    while start < n:
        if start == until:
            until, begun, goes_on = start + 1, start, False
            while until < n and down[start] and down[until] and code[until] == code[start] and since[until] <= slowest:
                until += 1
        end, slow, paced = start + 1, goes_on and since[start] > _NO_FINGER, 0
        while end < until:
            if since[end] > _NO_FINGER:
                if end > start + 1 and abs(since[end] * (end - start - 1) - paced) > _EVEN * (end - start - 1):
                    break
                slow = True
            paced += since[end]
            end += 1
        doubtful = bare and slow and (until - begun > _LONGEST or (not goes_on and since[start] < _DELAY))
        held = not doubtful and (end - start >= _RUN or goes_on)
        for at in range(start + goes_on if held else start, start + 1 if held else end):
            rows[count] = at
            count += 1
        start, goes_on = end, held and slow
    return rows[:count]
