"""Sketches of stretches of input: what stays the same when a recording is played again with noise, faster or slower, and cut.

A sketch is taken at each *anchor*, an interval that is longer than the `AROUND` before and after it: a pause stays the longest of its
neighbours under noise and any change of speed, and it is found wherever a recording was cut (content-defined cutting: Muthitacharoen,
Chen and Mazières, SOSP 2001). The `AFTER` intervals behind the anchor, divided by their median and cut at `CLIP` medians, are
projected on fixed random directions; the signs are the `signature` (Charikar, "Similarity estimation techniques from rounding
algorithms", STOC 2002). The intervals before the anchor have a signature too, where there are enough of them. The `stretch` holds the
intervals themselves, so that what an index brings up can be compared.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.types import ByteArray

AROUND: Final = 4
BEFORE: Final = 48
AFTER: Final = 24
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
_BEHIND: Final = np.arange(1, AFTER + 1)

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


def quantised(intervals_us: NDArray[np.int64]) -> ByteArray:
    """Return intervals in µs as bytes."""
    return np.clip(np.rint(STEPS * np.log2(np.maximum(intervals_us, 1000) / 1000.0)), 0, 255).astype(np.uint8)


def sketches(channel: int, intervals: ByteArray, first: int, fresh: int) -> tuple[Sketch, ...]:
    """Return the sketches whose last interval is one of the `fresh` newest. `first` is the number of the first of `intervals`."""
    n = len(intervals)
    if n < AROUND + 1 + AFTER or not fresh:
        return ()
    # the earliest anchor whose AFTER intervals end in a fresh one, the latest that has them all
    lowest = max(AROUND, n - fresh - AFTER)
    around = np.lib.stride_tricks.sliding_window_view(intervals[lowest - AROUND : n - AFTER + AROUND], 2 * AROUND + 1)
    anchors = np.flatnonzero(around.argmax(axis=1) == AROUND) + lowest
    if not len(anchors):
        return ()
    signatures, lively = _signatures(intervals[anchors[:, None] + _BEHIND])
    # where there are too few before, what is looked at is not used
    before, rhythmic = _signatures(intervals[np.maximum(0, anchors[:, None] - _BEHIND[::-1])])
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
    window = np.frombuffer(sketch.stretch, np.uint8)[sketch.stretch[0] + 2 :]
    margins: Floats = _clipped(window) @ DIRECTIONS
    return margins


def _signatures(windows: ByteArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the signatures of windows of shape (n, AFTER), and which of them are no metronomes."""
    centred = _clipped(windows)
    lively = np.einsum("ij,ij->i", centred, centred) > AFTER * FLAT**2
    return np.packbits(centred @ DIRECTIONS > 0.0, axis=1, bitorder="little").view(np.int64)[:, 0], lively


def likeness(one: bytes, others: Sequence[bytes]) -> list[tuple[float, int]]:
    """Return how alike stretches are to one, aligned at their anchors: correlation of the clipped intervals, and over how many.

    Neither noise that is small against the pauses nor a change of speed alters it much.
    """
    found: list[tuple[float, int]] = [(0.0, 0)] * len(others)
    by_overlap: dict[int, list[int]] = {}
    for place, other in enumerate(others):
        by_overlap.setdefault(min(one[0], other[0]), []).append(place)
    for before, places in by_overlap.items():
        n = before + 1 + AFTER
        a = _clipped(np.frombuffer(one[-n:], np.uint8))
        b = _clipped(np.frombuffer(b"".join(others[place][-n:] for place in places), np.uint8).reshape(-1, n))
        norms = np.sqrt((a @ a) * (b * b).sum(axis=1))
        correlations = (b @ a) / np.where(norms > 0.0, norms, 1.0)
        for place, correlation in zip(places, correlations.tolist(), strict=True):
            found[place] = (correlation, n)
    return found


def surplus(channel: int, correlation: float, intervals: int, remembered: int) -> float:
    """Return by how many deviations a correlation exceeds what strangers reach among so many remembered sketches; negative below.

    Fisher's z (Fisher, 1915) against limits at which one of ten thousand windows of a hundred intervals would find a stranger:
    measured on all pairs of 8,000 stretches of typing and 4,000 of clicks, each with thousands of others, and raised with every
    tenfold of what is remembered as the tails fall. Clicks of strangers are more alike than their keys, and less noisy for their
    length.
    """
    z = float(np.arctanh(min(0.999999, correlation)) * np.sqrt(max(1, intervals - 3)))
    decades = max(0.0, float(np.log10(max(1, remembered) / MEASURED)))
    limit, steeper = np.interp(intervals, _LIMIT_AT, _LIMITS[channel]), np.interp(intervals, _LIMIT_AT, _STEEPER[channel])
    return z - float(limit + decades * steeper)


MEASURED: Final = 10_000
_LIMIT_AT: Final = (29.0, 49.0, 73.0)
_LIMITS: Final = ((10.3, 9.2, 8.2), (14.0, 14.0, 14.0))
_STEEPER: Final = ((1.0, 0.85, 0.72), (2.0, 2.0, 2.0))
"""By channel: keys, presses. Limits among MEASURED sketches, and what each tenfold adds."""


def _clipped(windows: ByteArray) -> Floats:
    """Return windows (along the last axis) in medians, clipped and centred."""
    ms = _MS[windows]
    middle = ms.shape[-1] // 2
    clipped = np.minimum(ms / np.partition(ms, middle)[..., middle, None], CLIP)
    centred: Floats = clipped - clipped.mean(axis=-1, keepdims=True)
    return centred


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
