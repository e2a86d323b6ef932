"""Sketches of stretches of input: what stays the same when a recording is played again with noise, faster or slower, and cut.

A sketch is taken at each *anchor*, an interval that is longer than the `AROUND` before and after it: a pause stays the longest of its
neighbours under noise and any change of speed, and it is found wherever a recording was cut (content-defined cutting: Muthitacharoen,
Chen and Mazières, SOSP 2001). The `AFTER` intervals behind the anchor, divided by their median and cut at `CLIP` medians, are
projected on fixed random directions; the signs are the `signature` (Charikar, "Similarity estimation techniques from rounding
algorithms", STOC 2002). Two slices of it are the keys of an index, and a search also tries the keys that noise would most likely have
made of them (multi-probe: Lv et al., VLDB 2007). The `stretch` holds the intervals themselves, so that what the index brings up can be
compared.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
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
KEY_BITS: Final = 20
PROBES: Final = 24
NEAR: Final = 15
"""Bits of 64 in which the signature of a replay may differ: 9 is common at 60 ms of noise, 19 among strangers that share a key."""

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
    """64 bits, as a signed integer."""
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
    centred = _clipped(intervals[anchors[:, None] + _BEHIND])
    lively = np.sqrt((centred * centred).mean(axis=1)) > FLAT
    signs = np.packbits(centred @ _DIRECTIONS > 0.0, axis=1, bitorder="little").view(np.int64)[:, 0]
    found = []
    for anchor, signature in zip(anchors[lively].tolist(), signs[lively].tolist(), strict=True):
        start = max(0, anchor - BEFORE)
        stretch = bytes((anchor - start,)) + intervals[start : anchor + 1 + AFTER].tobytes()
        found.append(Sketch(channel, first + anchor, signature, stretch))
    return tuple(found)


def keys(sketch: Sketch) -> tuple[int, int]:
    """Return the two keys under which an index keeps the sketch."""
    unsigned = sketch.signature & (2**BITS - 1)
    mask = 2**KEY_BITS - 1
    offset = sketch.channel << KEY_BITS
    return offset | (unsigned & mask), offset | ((unsigned >> KEY_BITS) & mask)


def probes(sketch: Sketch) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the keys to look under, the likeliest first, for each of the two slices."""
    window = np.frombuffer(sketch.stretch, np.uint8)[sketch.stretch[0] + 2 :]
    margins = np.abs(_clipped(window) @ _DIRECTIONS[:, : 2 * KEY_BITS]) ** 2
    first, second = keys(sketch)
    return _near(first, margins[:KEY_BITS]), _near(second, margins[KEY_BITS:])


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


def surplus(channel: int, correlation: float, intervals: int) -> float:
    """Return by how many deviations a correlation exceeds what unrelated people reach; negative below.

    Fisher's z (Fisher, 1915), against limits extrapolated from all pairs of 8,000 stretches of typing and 4,000 of clicks to one
    comparison in ten thousand million (bench/replay.py). Clicks are more alike than keys are.
    """
    z = float(np.arctanh(min(0.999999, correlation)) * np.sqrt(max(1, intervals - 3)))
    return z - float(np.interp(intervals, _LIMIT_AT, _LIMITS[channel]))


_LIMIT_AT: Final = (29.0, 49.0, 73.0)
_LIMITS: Final = ((11.3, 10.0, 8.9), (13.5, 12.5, 11.5))
"""By channel: keys, presses."""


def _clipped(windows: ByteArray) -> Floats:
    """Return windows (along the last axis) in medians, clipped and centred."""
    ms = _MS[windows]
    middle = ms.shape[-1] // 2
    clipped = np.minimum(ms / np.partition(ms, middle)[..., middle, None], CLIP)
    centred: Floats = clipped - clipped.mean(axis=-1, keepdims=True)
    return centred


def _near(key: int, margins: Floats) -> tuple[int, ...]:
    weakest = np.argsort(margins)[:_WEAK]
    bits = 1 << weakest
    costs = _SUBSETS @ margins[weakest]
    order = np.argsort(costs, kind="stable")[:PROBES]
    return tuple((key ^ (_FLIPS[order] @ bits)).tolist())


def _subsets() -> Iterator[list[float]]:
    for size in range(4):
        for chosen in combinations(range(_WEAK), size):
            yield [float(place in chosen) for place in range(_WEAK)]


_WEAK: Final = 8
"""Bits of a key that may be flipped: those nearest to zero."""
_SUBSETS: Final = np.array(list(_subsets()))
_FLIPS: Final = _SUBSETS.astype(np.int64)


def _directions() -> Floats:
    """Return AFTER x BITS fixed directions, orthonormal in each slice, made from SHA-256: every machine and version has the same."""
    numbers = b"".join(hashlib.sha256(f"countersign.sketch.v1.{block}".encode()).digest() for block in range(3 * AFTER * AFTER // 8 + 1))
    uniform = np.frombuffer(numbers, "<u4")[: 3 * AFTER * AFTER].astype(np.float64).reshape(3, AFTER, AFTER) / 2**32 - 0.5
    slices = []
    for square in uniform:
        turned, upper = np.linalg.qr(square)
        slices.append(turned * np.sign(np.diag(upper)))
    first, second, third = slices
    columns = np.concatenate((first[:, :KEY_BITS], second[:, :KEY_BITS], third[:, : BITS - 2 * KEY_BITS]), axis=1)
    return np.ascontiguousarray(columns)


_DIRECTIONS: Final = _directions()
