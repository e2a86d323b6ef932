"""Conditional entropy of a short series: how much of the next interval the ones before it don't tell.

Porta et al., "Measuring regularity by means of a corrected conditional entropy in sympathetic outflow" (Biological Cybernetics 78, 1998):
patterns seen once look certain, so their share times the first-order entropy is added. Used against bots by Gianvecchio, Xie, Wu and
Wang, "Measurement and classification of humans and bots in internet chat" (USENIX Security 2008) and "Battle of Botcraft" (CCS 2009).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.timing.quantise import BINS
from signals.types import IntArray

NAMES: Final = ("entropy", "conditional_2", "conditional_3")
_MOST: Final = 1024
_COUNTS: Final = np.arange(_MOST + 1, dtype=np.float64)
_PLOGP: Final = np.concatenate(([0.0], _COUNTS[1:] * np.log2(_COUNTS[1:])))
_HALF: Final = BINS // 2


_PAIRS: Final = BINS * BINS
_TRIPLES: Final = _HALF**3
_STARTS: Final = np.cumsum((0, _PAIRS, BINS, _TRIPLES, _HALF**2))


def features(binned: IntArray) -> NDArray[np.float64]:
    """Return NAMES in bits: first-order entropy, corrected conditional entropy of pairs (all bins) and of triples (half as many bins)."""
    n = len(binned)
    coarse = binned >> 1
    pairs = np.bincount(binned[:-1] * BINS + binned[1:], minlength=_PAIRS)
    triples = np.bincount((coarse[:-2] * _HALF + coarse[1:-1]) * _HALF + coarse[2:], minlength=_TRIPLES)
    doubles = np.add.reduce(triples.reshape(-1, _HALF), axis=1)
    counts = np.concatenate(
        (
            pairs,
            np.add.reduce(pairs.reshape(BINS, BINS), axis=1),
            triples,
            doubles,
            np.add.reduce(doubles.reshape(_HALF, _HALF), axis=1),
        )
    )
    two, first, three, two_coarse, first_coarse = np.add.reduceat(_PLOGP[counts], _STARTS).tolist()
    once = np.add.reduceat(counts == 1, _STARTS, dtype=np.int64).tolist()
    first_bits = _LOG2[n - 1] - first / (n - 1)
    coarse_bits = _LOG2[n - 2] - first_coarse / (n - 2)
    conditional_2 = (first - two) / (n - 1) + once[0] / (n - 1) * first_bits
    conditional_3 = (two_coarse - three) / (n - 2) + once[2] / (n - 2) * coarse_bits
    return np.array((first_bits, conditional_2, conditional_3))


_LOG2: Final = [0.0, *np.log2(_COUNTS[1:]).tolist()]
