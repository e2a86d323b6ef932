"""Conditional entropy of a short series: how much of the next interval the ones before it don't tell.

Porta et al., "Measuring regularity by means of a corrected conditional entropy in sympathetic outflow" (Biological Cybernetics 78, 1998):
patterns seen once look certain, so their share times the first-order entropy is added. Used against bots by Gianvecchio, Xie, Wu and
Wang, "Measurement and classification of humans and bots in internet chat" (USENIX Security 2008) and "Battle of Botcraft" (CCS 2009).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing.quantise import BINS
from signals.types import IntArray

NAMES: Final = ("entropy", "conditional_2", "conditional_3")
_HALF: Final = BINS // 2
_COUNTS: Final = np.arange(1025.0)
_PLOGP: Final = np.concatenate((np.zeros(1), _COUNTS[1:] * np.log2(_COUNTS[1:])))
"""n times log2(n): windows hold fewer than 1,024 events."""


@kernel
def features(binned: IntArray) -> NDArray[np.float64]:
    """Return NAMES in bits: first-order entropy, corrected conditional entropy of pairs (all bins) and of triples (half as many bins)."""
    n = len(binned)
    pairs = np.zeros((BINS, BINS), np.int64)
    for at in range(n - 1):
        pairs[binned[at], binned[at + 1]] += 1
    triples = np.zeros((_HALF * _HALF, _HALF), np.int64)
    for at in range(n - 2):
        triples[(binned[at] >> 1) * _HALF + (binned[at + 1] >> 1), binned[at + 2] >> 1] += 1
    first, two, once = 0.0, 0.0, 0
    for row in range(BINS):
        total = 0
        for column in range(BINS):
            total += pairs[row, column]
            two += _PLOGP[pairs[row, column]]
            once += pairs[row, column] == 1
        first += _PLOGP[total]
    coarse, doubles, three, rare = 0.0, 0.0, 0.0, 0
    for row in range(_HALF):
        total = 0
        for middle in range(_HALF):
            both = 0
            for column in range(_HALF):
                count = triples[row * _HALF + middle, column]
                both += count
                three += _PLOGP[count]
                rare += count == 1
            total += both
            doubles += _PLOGP[both]
        coarse += _PLOGP[total]
    first_bits = (_PLOGP[n - 1] - first) / (n - 1)
    coarse_bits = (_PLOGP[n - 2] - coarse) / (n - 2)
    out = np.empty(3)
    out[0] = first_bits
    out[1] = (first - two) / (n - 1) + once / (n - 1) * first_bits
    out[2] = (doubles - three) / (n - 2) + rare / (n - 2) * coarse_bits
    return out
