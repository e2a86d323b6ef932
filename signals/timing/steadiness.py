"""How steady a rhythm is in absolute terms, beside what hands can do.

Tapping as evenly as they can, people vary by some 3 % and more (Wing and Kristofferson, "Response delays and the timing of discrete motor
responses", Perception & Psychophysics 14, 1973), and their tempo drifts, so that stretches differ too (Madison, "Variability in isochronous
tapping", Journal of Experimental Psychology 27, 2001). A timer that is late now and then is right on the average: over several presses
what a grid of frames or a jitter does to single ones cancels out, and what a hand does adds up.
"""

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing.ascending import ascending
from signals.types import IntArray

NAMES: Final = ("swing", "stretch_swing")
_STRETCH: Final = 8
_EXACT: Final = 0.002
"""Relative swing below which all is called equally exact."""


@kernel
def features(intervals: IntArray, ordered: IntArray) -> NDArray[np.float64]:
    """Return NAMES: the log of the range of the middle four fifths over the median, of single intervals and of _STRETCH in a row.

    The second is NaN where there are not so many.
    """
    stretches = np.empty(max(len(intervals) - _STRETCH + 1, 0), np.int64)
    waited = 0
    for at in range(len(intervals)):
        waited += intervals[at]
        if at >= _STRETCH:
            waited -= intervals[at - _STRETCH]
        if at >= _STRETCH - 1:
            stretches[at - _STRETCH + 1] = waited
    out = np.empty(2)
    out[0] = _swing(ordered)
    out[1] = _swing(ascending(stretches)) if len(stretches) else np.nan
    return out


@kernel
def _swing(ordered: IntArray) -> float:
    n = len(ordered)
    return log((ordered[n - 1 - n // 10] - ordered[n // 10]) / (ordered[n // 2] + 1.0) + _EXACT)
