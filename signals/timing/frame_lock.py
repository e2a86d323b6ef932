"""Presses that come every so many frames, exactly: a script that counts the game's frames.

A hand knows nothing of frames. Its intervals spread by three or four hundredths at least (Wing and Kristofferson 1973), that is over
several frames, and further where the frames themselves come unevenly; a bot that acts on every k-th frame never misses its k.

What holds for honest input and for scripts alike is not evidence, and nothing is said of it: games that look at their input once
a frame put all of it at one phase of the frame, whoever gave it; others take the system's own times, at any phase. Keys that the
keyboard repeats, and pads with their turbo buttons, are left out.
"""

from math import erf
from typing import Final

import numpy as np

from signals.finding import abstain, found
from signals.kernel import kernel
from signals.timing.judge import TOO_FEW
from signals.timing.marks import REPEATED, Bytes, Ticks, relative
from signals.timing.steady import too_often
from signals.timing.windows import PAUSE, TICK_US
from signals.timing.windows import Ticks as Since
from signals.types import NOT_APPLICABLE, Evidence, Finding, Reason
from wire import kinds

NAME: Final = "frame_lock"

FEWEST: Final = 8
"""Intervals between presses within the frames that are remembered."""
HAND: Final = 0.04
"""Spread over length of the steadiest hand's intervals."""
MOST: Final = 2.5
MANY: Final = 200
"""More frames between two presses are a pause."""
_HALF_SURE: Final = 20.0
_PAUSE: Final = PAUSE
_PAD: Final = kinds.PAD


def assess(evidence: Evidence) -> Finding:
    """Return evidence from the frames between the last presses; abstains below FEWEST intervals within the frames that are remembered."""
    history = evidence.history
    frames, marks = history.timing.frames, history.marks
    if not frames.seen or not len(marks.presses):
        return abstain(NOT_APPLICABLE)
    newest = (frames.last_us // TICK_US) & 0xFFFFFFFF
    n, mode, same, uneven = _between(frames.since, newest, marks.presses, marks.how)
    features = {"intervals": float(n)}
    if n < FEWEST:
        return abstain(TOO_FEW, features)
    features |= {"frames": float(mode), "same": same / n}
    spread = ((HAND * mode) ** 2 + mode * uneven * uneven) ** 0.5
    chance = erf(0.5 / (spread * 2.0**0.5)) if spread > 0.0 else 1.0
    evidence_of = too_often(same, n, chance)
    if not evidence_of:
        return found((), n / (n + _HALF_SURE), features)
    detail = f"{same} of {n} presses came exactly {mode} frames after the one before; a hand would hit that in {chance:.0%}."
    return found((Reason("frame_lock.counted", detail, min(MOST, evidence_of)),), n / (n + _HALF_SURE), features)


@kernel
def _between(since: Since, newest: int, presses: Ticks, how: Bytes) -> tuple[int, int, int, float]:
    """Return how many intervals there are, the commonest number of frames in one, how many have it, and how unevenly frames come
    (spread over mean of their intervals)."""
    begin = len(since) - 1  # the oldest frame whose time is known
    while begin > 0 and since[begin] < _PAUSE:
        begin -= 1
    times = np.empty(len(since) - begin, np.int64)
    when = np.int64(0)
    total, squares = 0.0, 0.0
    for at in range(len(since) - 1, begin - 1, -1):
        times[at - begin] = when
        when -= np.int64(since[at])
        if at > begin:
            total += since[at]
            squares += float(since[at]) * since[at]
    counts = np.zeros(MANY + 1, np.int64)
    n, before, place = 0, -1, 0
    for at in range(len(presses)):
        pressed = relative(presses[at], newest)
        if pressed < times[0] or pressed > 0 or (how[at] & ~REPEATED) == _PAD:
            continue
        while place < len(times) and times[place] <= pressed:
            place += 1
        if how[at] & REPEATED:
            before = -1
            continue
        if before >= 0 and place - before <= MANY:
            counts[place - before] += 1
            n += 1
        before = place
    mode = int(counts.argmax())
    m = len(times) - 1
    mean = total / m if m else 0.0
    uneven = float(max(0.0, squares / m - mean * mean) ** 0.5 / mean) if mean > 0.0 else 0.0
    return n, mode, int(counts[mode]), uneven
