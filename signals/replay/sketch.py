"""Sketches of stretches of input: what stays the same when a recording is played again with noise, faster or slower, and cut.

A sketch is taken at each *anchor*, an interval that is longer than the `AROUND` before and after it: a pause stays the longest of its
neighbours under noise and any change of speed, and it is found wherever a recording was cut (content-defined cutting: Muthitacharoen,
Chen and Mazières, SOSP 2001). The `AFTER` intervals behind the anchor, divided by their median and cut at `CLIP` medians, are
projected on fixed random directions; the signs are the `signature` (Charikar, "Similarity estimation techniques from rounding
algorithms", STOC 2002). The intervals before the anchor have a signature too, where there are enough of them. The `stretch` holds the
intervals themselves, so that what an index brings up can be compared.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.types import ByteArray

AROUND: Final = 4
BEFORE: Final = 48
AFTER: Final = 24
CUTS: Final = (4, 12, 24)
"""Intervals before the anchor that are looked at where a recording may have been cut."""
LIKELY: Final = 0.7
"""Correlation over fewer of them from which more are looked at: of replays hardly one has less, of strangers hardly one more."""
CLIP: Final = 3.0
FLAT: Final = 0.15
"""Standard deviation of the clipped window, in medians, below which it is a metronome and like every other one."""

BITS: Final = 64
"""Bits of a signature: four slices of orthonormal directions."""
SLICE: Final = 16
SHORT: Final = AFTER
"""Intervals before the anchor that have a signature: as many, for one set of directions."""

STEPS: Final = 18.0
"""Steps of an octave in which an interval is kept: 4 % each, 1 ms to 18 s in a byte."""
_MS: Final = np.exp2(np.arange(256) / STEPS)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sketch:
    """One anchor of one channel."""

    channel: int
    position: int
    """Number of the anchor among the channel's intervals, from 0."""
    signature: int
    """Of the intervals behind the anchor: 64 bits, as a signed integer."""
    before: int | None
    """Of the SHORT intervals before the anchor, where there are so many and they have a rhythm of their own."""
    stretch: bytes
    """How many intervals come before the anchor, then all of them up to AFTER behind it, a byte each."""


@kernel
def quantised(intervals_us: NDArray[np.int64]) -> ByteArray:
    """Return intervals in µs as bytes."""
    steps = np.empty(len(intervals_us), np.uint8)
    for place, interval_us in enumerate(intervals_us):
        steps[place] = min(255, int(np.rint(STEPS * np.log2(max(interval_us, 1000) / 1000.0))))
    return steps


def sketches(channel: int, intervals: ByteArray, first: int, fresh: int) -> tuple[Sketch, ...]:
    """Return the sketches whose last interval is one of the `fresh` newest. `first` is the number of the first of `intervals`."""
    if len(intervals) < AROUND + 1 + AFTER or not fresh:
        return ()
    anchors = _anchors(intervals, fresh)
    if not len(anchors):
        return ()
    signatures, lively = _signatures(intervals, anchors + 1)
    # where there are too few before, what is looked at is not used
    before, rhythmic = _signatures(intervals, np.maximum(0, anchors - SHORT))
    rhythmic &= anchors >= SHORT
    columns = (column.tolist() for column in (anchors, signatures, lively, before, rhythmic))
    found = []
    for anchor, signature, keep, short, has_short in zip(*columns, strict=True):
        if keep:
            start = max(0, anchor - BEFORE)
            stretch = bytes((anchor - start,)) + intervals[start : anchor + 1 + AFTER].tobytes()
            found.append(Sketch(channel, first + anchor, signature, short if has_short else None, stretch))
    return tuple(found)


def projected(sketch: Sketch) -> Floats:
    """Return the projections whose signs are the signature, shape (BITS,)."""
    after = np.frombuffer(sketch.stretch, np.uint8)
    margins: Floats = _centred(after, len(after) - AFTER, len(after)) @ DIRECTIONS
    return margins


@kernel
def _anchors(intervals: ByteArray, fresh: int) -> NDArray[np.int64]:
    """Return the places of anchors whose AFTER intervals end in a fresh one: longer than those before, not shorter than those after."""
    found = np.empty(len(intervals), np.int64)
    count = 0
    for place in range(max(AROUND, len(intervals) - fresh - AFTER), len(intervals) - AFTER):
        longest = True
        for apart in range(1, AROUND + 1):
            longest &= intervals[place - apart] < intervals[place] and intervals[place] >= intervals[place + apart]
        if longest:
            found[count] = place
            count += 1
    return found[:count]


@kernel
def _signatures(intervals: ByteArray, starts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the signatures of the AFTER intervals from each start, and which of them are no metronomes."""
    signatures, lively = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.bool_)
    for place, start in enumerate(starts):
        centred = _centred(intervals, start, start + AFTER)
        lively[place] = _product(centred, centred) > AFTER * FLAT**2
        for bit in range(BITS):
            margin = 0.0
            for step in range(AFTER):
                margin += centred[step] * DIRECTIONS[step, bit]
            if margin > 0.0:
                signatures[place] |= np.int64(1) << np.int64(bit)
    return signatures, lively


def likeness(one: bytes, others: Sequence[bytes], before: int = BEFORE) -> tuple[Floats, NDArray[np.int64]]:
    """Return how alike stretches are to one, aligned at their anchors: correlations of the clipped intervals, and over how many.

    At most `before` intervals ahead of the anchor are looked at. Neither noise that is small against the pauses nor a change of speed
    alters it much.
    """
    ends = np.cumsum(np.array([len(other) for other in others], np.int64))
    alike: tuple[Floats, NDArray[np.int64]] = _alike(np.frombuffer(one, np.uint8), np.frombuffer(b"".join(others), np.uint8), ends, before)
    return alike


def nearness(sketch: Sketch, others: Sequence[bytes], remembered: int) -> list[tuple[float, float]]:
    """Return by how much stretches are more alike to a sketch than strangers ever are (`surplus`), and their distance: 1 - correlation.

    Where all that is there before the anchor is not alike, less of it may be, as when a recording was cut there; then the limit is that of
    four times as many strangers.
    """
    if not others:
        return []
    correlations, overlaps = likeness(sketch.stretch, others)
    best = surplus(sketch.channel, correlations, overlaps, remembered)
    likely = np.flatnonzero(best <= 0.0)
    for before in CUTS:
        short, overlaps = likeness(sketch.stretch, [others[place] for place in likely.tolist()], before)
        cut = surplus(sketch.channel, short, overlaps, remembered * (1 + len(CUTS)))
        better = cut > best[likely]
        best[likely[better]], correlations[likely[better]] = cut[better], short[better]
        likely = likely[short > LIKELY]
        if not len(likely):
            break
    return list(zip(best.tolist(), (1.0 - correlations).tolist(), strict=True))


@kernel
def _alike(one: ByteArray, others: ByteArray, ends: NDArray[np.int64], before: int) -> tuple[Floats, NDArray[np.int64]]:
    correlations, overlaps = np.zeros(len(ends)), np.zeros(len(ends), np.int64)
    start = 0
    for place, end in enumerate(ends):
        n = min(before, one[0], others[start]) + 1 + AFTER
        a, b = _centred(one, len(one) - n, len(one)), _centred(others, end - n, end)
        if before < BEFORE:  # a single pause is a great part of so few intervals, and anchors are pauses in both
            a[n - AFTER - 1] = b[n - AFTER - 1] = 0.0
        norm = np.sqrt(_product(a, a) * _product(b, b))
        correlations[place] = _product(a, b) / norm if norm > 0.0 else 0.0
        overlaps[place] = n
        start = end
    return correlations, overlaps


def surplus(channel: int, correlations: Floats, intervals: NDArray[np.int64], remembered: int) -> Floats:
    """Return by how many deviations correlations exceed what strangers reach among so many remembered sketches; negative below.

    Fisher's z (Fisher, 1915) against limits at which one of ten thousand windows of a hundred intervals would find a stranger:
    measured on all pairs of 8,000 stretches of typing and 4,000 of clicks, each with thousands of others, and raised with every
    tenfold of what is remembered by what tails fall in a decade. Clicks of strangers are more alike than their keys, and less noisy
    for their length.
    """
    z = np.arctanh(np.minimum(0.999999, correlations)) * np.sqrt(np.maximum(1, intervals - 3))
    decades = max(0.0, math.log10(max(1, remembered) / MEASURED))
    over: Floats = z - _LIMIT_OF[channel, intervals] - decades * _STEEPER_OF[channel, intervals]
    return over


MEASURED: Final = 10_000
_LIMIT_AT: Final = (29.0, 49.0, 73.0)
_LIMITS: Final = ((10.3, 9.2, 8.2), (14.0, 14.0, 14.0))
_STEEPER: Final = ((1.0, 1.0, 1.0), (2.0, 2.0, 2.0))
"""By channel: keys, presses. Limits among MEASURED sketches, and what each tenfold adds."""
_LIMIT_OF, _STEEPER_OF = (
    np.array([np.interp(range(BEFORE + 1 + AFTER + 1), _LIMIT_AT, values) for values in by_channel]) for by_channel in (_LIMITS, _STEEPER)
)
"""The same for every number of intervals."""


@kernel
def _centred(intervals: ByteArray, start: int, end: int) -> Floats:
    """Return the intervals from start to end in medians, clipped, less their mean."""
    n = end - start
    window = np.empty(n)
    counts = np.zeros(256, np.int64)
    for place in range(start, end):
        counts[intervals[place]] += 1
    step, below = 0, counts[0]
    while below <= n // 2:
        step += 1
        below += counts[step]
    middle = _MS[step]
    for place in range(n):
        window[place] = _MS[intervals[start + place]]
    mean = 0.0
    for place in range(n):
        window[place] = min(window[place] / middle, CLIP)
        mean += window[place] / n
    for place in range(n):
        window[place] -= mean
    return window


@kernel
def _product(one: Floats, other: Floats) -> float:
    total = 0.0
    for place in range(len(one)):
        total += one[place] * other[place]
    return total


def _directions() -> Floats:
    """Return AFTER x BITS fixed directions, orthonormal in each slice, made from SHA-256: every machine and version has the same."""
    slices = BITS // SLICE
    size = slices * AFTER * AFTER
    numbers = b"".join(hashlib.sha256(f"countersign.sketch.v1.{block}".encode()).digest() for block in range(size // 8 + 1))
    uniform = np.frombuffer(numbers, "<u4")[:size].astype(np.float64).reshape(slices, AFTER, AFTER) / 2**32 - 0.5
    columns = []
    for square in uniform:
        turned, upper = np.linalg.qr(square)
        columns.append((turned * np.sign(np.diag(upper)))[:, :SLICE])
    return np.ascontiguousarray(np.concatenate(columns, axis=1))


DIRECTIONS: Final = _directions()
