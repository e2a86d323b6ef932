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


def features(binned: IntArray) -> NDArray[np.float64]:
    """Return NAMES in bits: first-order entropy, corrected conditional entropy of pairs (all bins) and of triples (half as many bins)."""
    coarse = binned >> 1
    pairs = binned[1:] + BINS * binned[:-1]
    coarse_pairs = coarse[1:] + _HALF * coarse[:-1]
    triples = coarse_pairs[1:] + _HALF * _HALF * coarse[:-2]
    first, _ = _entropy(binned, BINS)
    two, once_two = _entropy(pairs, BINS * BINS)
    first_coarse, _ = _entropy(coarse, _HALF)
    two_coarse, _ = _entropy(coarse_pairs, _HALF * _HALF)
    three, once_three = _entropy(triples, _HALF**3)
    return np.array((first, two - first + once_two * first, three - two_coarse + once_three * first_coarse))


def _entropy(symbols: IntArray, alphabet: int) -> tuple[float, float]:
    """Return the entropy in bits and the share of symbols that occur once."""
    counts = np.bincount(symbols, minlength=alphabet)
    n = len(symbols)
    return float(_LOG2[n] - _PLOGP[counts].sum() / n), float(np.count_nonzero(counts == 1) / n)


_LOG2: Final = np.concatenate(([0.0], np.log2(_COUNTS[1:])))
