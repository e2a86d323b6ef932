"""The rhythm of a pad's buttons: presses more even than any thumb's, and holds that are all the same.

Repeated taps spread by three hundredths of their interval and more (Wing and Kristofferson, "Response delays and the timing of discrete
motor responses", Perception & Psychophysics 14, 1973; drummers reach two: Madison et al., 2013), and the time for which a button is
held varies like every movement (Schmidt et al., "Motor-output variability", Psychological Review 86, 1979). No recordings of people at
pads are at hand, so nothing is fitted, and only what no thumb does counts.

A turbo button does it too: an accessory that honest people own, and that operators may or may not allow. So the evidence stays moderate,
and is least at the rates that such buttons have. Sticks and triggers report as often as the device is asked, and say nothing.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.finding import abstain, damped, found
from signals.kernel import kernel
from signals.timing.judge import TOO_FEW
from signals.timing.marks import SECOND, Bytes
from signals.timing.steady import on_grid, quartiles, too_steady, usual_frame
from signals.timing.windows import PAUSE
from signals.types import NOT_APPLICABLE, Evidence, Finding, Reason
from wire import kinds

NAME: Final = "pad"

FEWEST: Final = 20
HAND: Final = 0.03
"""Spread over median of the steadiest thumb's intervals."""
HELD: Final = 0.06
"""Spread over median of the steadiest thumb's holds."""
TURBO: Final = SECOND // 4
"""Intervals up to this may be a turbo button's: they are sold with 5 to 30 presses a second."""
MOST: Final = 2.0
MOST_TURBO: Final = 0.7
MOST_HELD: Final = 1.0
_NOT_TOLD: Final = "not_told"
"""Why it abstains where a client does not tell presses from sticks."""
_HALF_SURE: Final = 50.0
_POLLED: Final = SECOND // 125
"""Pads are asked 125 times a second, or more often (USB HID)."""
_DOWN: Final = kinds.PAD * 16 + kinds.PAD_DOWN
_UP: Final = kinds.PAD * 16 + kinds.PAD_UP
_PAUSE: Final = PAUSE


def assess(evidence: Evidence) -> Finding:
    """Return evidence from the last presses of a pad; abstains below FEWEST intervals."""
    timing = evidence.history.timing
    window = timing.pads
    if not window.seen:
        return abstain(NOT_APPLICABLE)
    intervals, holds = _presses(window.since, window.what)
    n = len(intervals)
    if n < FEWEST:
        return abstain(TOO_FEW if (window.what == _DOWN).any() else _NOT_TOLD, {"intervals": float(n)})
    grid = usual_frame(timing.frames.since) or float(_POLLED)
    usual, spread = quartiles(intervals)
    features = {"intervals": float(n), "median_ms": usual * 1000.0 / SECOND, "spread": spread / max(usual, 1.0)}
    reasons = []
    if usual > 0.0 and (even := too_steady(on_grid(spread, grid), HAND * usual, n)):
        most = MOST_TURBO if usual <= TURBO else MOST
        detail = f"{n} intervals of {usual * 1000 / SECOND:.0f} ms differ by {spread / usual:.1%}: a turbo button or a script, no thumb."
        reasons.append(Reason("pad.clockwork", detail, min(most, even)))
    if len(holds) >= FEWEST:
        held, varied = quartiles(holds)
        features |= {"hold_ms": held * 1000.0 / SECOND, "hold_spread": varied / max(held, 1.0)}
        if held > 0.0 and (same := too_steady(on_grid(varied, grid), HELD * held, len(holds))):
            most = MOST_TURBO if usual <= TURBO else MOST_HELD
            detail = f"{len(holds)} presses are all held for {held * 1000 / SECOND:.0f} ms."
            reasons.append(Reason("pad.same_holds", detail, min(most, same)))
    return found(damped(reasons), n / (n + _HALF_SURE), features)


@kernel
def _presses(since: NDArray[np.uint16], what: Bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the times between presses, and those from a press to the release that follows at once, in ticks."""
    intervals, holds = np.empty(len(since)), np.empty(len(since))
    n = m = 0
    passed, pressed, broken = 0, False, True
    for at in range(len(since)):
        broken = broken or since[at] >= _PAUSE
        passed += since[at]
        if what[at] == _DOWN:
            if not broken:
                intervals[n] = passed
                n += 1
            passed, pressed, broken = 0, True, False
        elif what[at] == _UP:
            if pressed and not broken:
                holds[m] = passed
                m += 1
            pressed = False
    return intervals[:n], holds[:m]
