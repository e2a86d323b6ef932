"""Presses that keep time better than hands can, whatever is pressed and whatever it is pressed on.

As evenly as they can, people tap with a standard deviation of hardly ever less than 3 % of the interval (Wing and Kristofferson, "Response
delays and the timing of discrete motor responses", Perception & Psychophysics 14, 1973), and a finger's own delay varies by some
milliseconds at any pace. Who waits for seconds may be paced by the game, and then varies as reactions do, by 25 ms and more (Luce,
"Response times", 1986). What lies well below is a timer's. That needs no fit, so it holds for devices that nobody recorded.

A pipeline's grid can make an even hand look exact: times that come in steps count as spread by the step at least, and are held against a
hand's spread and the step's together. A key that is held down repeats itself; that is left out (`repeats`).
"""

from typing import Final

import numpy as np

from signals.finding import abstain, found
from signals.kernel import kernel
from signals.timing import repeats, rhythm
from signals.timing.ascending import ascending
from signals.timing.judge import TOO_FEW
from signals.timing.steady import between_quartiles, too_steady
from signals.timing.windows import CLICK_DOWN, PAUSE, TICK_US, Ticks, Whats, Window
from signals.types import NOT_APPLICABLE, Evidence, Finding, IntArray, Reason
from wire import kinds

NAME: Final = "metronome"

MOST: Final = 8.0
HAND: Final = 0.03
"""Standard deviation of the steadiest hand, as a share of the interval."""
FINGER: Final = 4_000 / TICK_US
"""Standard deviation in ticks of the steadiest finger, however fast."""
REACTION: Final = 20_000 / TICK_US
"""Standard deviation in ticks of the steadiest reaction to something that comes at equal times."""
_STEP: Final = 2_000 / TICK_US
"""Ticks between neighbouring values from which on they are a grid's, not a jitter's."""
_INNER: Final = 20
"""Of so many intervals the shortest and the longest don't tell the grid: they may be pauses."""
_TRUNCATED: Final = 0.789
"""Standard deviation of the middle nine tenths of a Gaussian of 1."""
_HALF_SURE: Final = 50.0
_KEY_DOWN: Final = kinds.KEY_DOWN
_FEWEST: Final = rhythm.MIN_INTERVALS


def assess(evidence: Evidence) -> Finding:
    """Return evidence from the steadier of the last key presses and the last clicks; abstains where both are few."""
    timing = evidence.history.timing
    if not (timing.keys.seen or timing.clicks.seen):
        return abstain(NOT_APPLICABLE)
    both = [_judge(name, window) for name, window in (("keys", timing.keys), ("clicks", timing.clicks))]
    judged = [finding for finding in both if finding is not None]
    return max(judged, key=lambda finding: finding.evidence or 0.0) if judged else abstain(TOO_FEW)


def _judge(name: str, window: Window) -> Finding | None:
    """Return the finding of one channel of presses, None where they are too few."""
    if len(window.since) <= rhythm.MIN_INTERVALS:
        return None
    n, middle, spread, step = _measured(window.since, window.what, name == "keys")
    if n < rhythm.MIN_INTERVALS:
        return None
    features = {"intervals": float(n), "median_ms": middle * TICK_US / 1e3, "spread_ms": spread * TICK_US / 1e3}
    hidden = step * step / 6.0
    measured, steadiest = max(spread, hidden**0.5), (max(FINGER, min(HAND * middle, REACTION)) ** 2 + hidden) ** 0.5
    given = too_steady(measured, steadiest, n) if measured < steadiest else 0.0
    if not given:
        return found((), n / (n + _HALF_SURE), features)
    detail = f"{n} intervals between {name} of {middle * TICK_US / 1e3:.0f} ms vary by {spread * TICK_US / 1e3:.1f} ms"
    return found((Reason(f"metronome.{name}", detail, min(MOST, given)),), n / (n + _HALF_SURE), features)


@kernel
def _measured(since: Ticks, what: Whats, keys: bool) -> tuple[int, float, float, float]:
    """Return how many intervals between presses there are, and what `_pace` says of them, nothing where there are few."""
    waits, whats = since.astype(np.int64), what.astype(np.int64)
    if keys:
        waits, whats = repeats.left_out(waits, whats)
    intervals, _ = rhythm.between(waits, whats >> 4 == _KEY_DOWN if keys else whats & CLICK_DOWN != 0, whats)
    intervals = intervals[intervals < PAUSE]
    n = len(intervals)
    if n < _FEWEST:
        return n, 0.0, 0.0, 0.0
    middle, spread, step = _pace(ascending(intervals))
    return n, middle, spread, step


@kernel
def _pace(ordered: IntArray) -> tuple[float, float, float]:
    """Return the median in ticks, the spread as a standard deviation, and the step of the grid that the intervals keep to, 0 without."""
    n = len(ordered)
    middle = float(ordered[n // 2])
    first, last = n // _INNER, n - n // _INNER
    step = away = away_2 = 0.0
    for at in range(first, last):
        gap = float(ordered[at] - ordered[at - 1]) if at > first else 0.0
        if gap >= _STEP and (step == 0.0 or gap < step):
            step = gap
        away += ordered[at] - middle
        away_2 += (ordered[at] - middle) ** 2
    variance = away_2 / (last - first) - (away / (last - first)) ** 2
    return middle, min(between_quartiles(ordered), max(0.0, variance) ** 0.5 / _TRUNCATED), step
