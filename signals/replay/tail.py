"""The part of History that replays need: the newest intervals of each channel, and the recordings that were recognised so far.

Everything is counted in events, so the same events give the same sketches however batches were cut.
"""

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import numpy as np

from signals.facts import joined
from signals.kernel import kernel
from signals.replay.sketch import AFTER, AROUND, BEFORE, Sketch, quantised, sketches
from signals.types import ByteArray, Facts, IntArray, ReplayMatch
from wire import kinds

KEYS: Final = 0
PRESSES: Final = 1
CHANNELS: Final = 2
"""Intervals lie between one event of a channel and the next."""
_NONE: Final = 255
_CHANNEL: Final = np.full(256, _NONE, np.uint8)
_CHANNEL[kinds.KEY_DOWN] = KEYS
_CHANNEL[[kinds.POINTER_DOWN, kinds.TOUCH_DOWN, kinds.PAD]] = PRESSES
KEPT: Final = BEFORE + 1 + AFTER + AROUND
SOURCES: Final = 4


class Tail(msgspec.Struct, frozen=True, eq=False):
    """The end of one channel."""

    last_us: int = -1
    seen: int = 0
    """Intervals so far."""
    intervals: ByteArray = msgspec.field(default_factory=lambda: np.empty(0, np.uint8))


@dataclass(frozen=True, slots=True)
class Recognised:
    """A recording of which stretches came again."""

    source: str
    stretches: int
    distance: float
    """The smallest."""
    same_device: bool
    same_subject: bool

    @property
    def own(self) -> bool:
        """It was recorded on this device or by this subject."""
        return self.same_device or self.same_subject


class Replay(msgspec.Struct, frozen=True, eq=False):
    """Tails by channel, and what was recognised, strangers' recordings first."""

    tails: tuple[Tail, ...] = (Tail(),) * CHANNELS
    recognised: tuple[Recognised, ...] = ()


def learn(replay: Replay, facts: Facts) -> Replay:
    """Return the part after one batch more."""
    return lengthen(recognise(replay, facts), facts)


def lengthen(replay: Replay, facts: Facts) -> Replay:
    """Return the part with the intervals of a batch in it."""
    if not len(facts.kind):
        return replay
    longer = (_longer(channel, tail, facts) for channel, tail in enumerate(replay.tails))
    return Replay(tuple(Tail(tail.last_us, tail.seen, tail.intervals[-KEPT:]) for tail in longer), replay.recognised)


def recognise(replay: Replay, facts: Facts) -> Replay:
    """Return the part with the recordings in it that a batch was found to repeat."""
    return Replay(replay.tails, merged(replay.recognised, facts.replays)) if facts.replays else replay


def fresh_sketches(replay: Replay, facts: Facts) -> tuple[Sketch, ...]:
    """Return the sketches that a batch completes, before it is learned."""
    return fresh_of_each(replay, (facts,))[0]


def fresh_of_each(replay: Replay, told: Sequence[Facts]) -> list[tuple[Sketch, ...]]:
    """Return the sketches that each of some batches completes, before they are learned: the next one begins where the one before ends."""
    found: list[list[Sketch]] = [[] for _ in told]
    together = joined(told)
    for channel, tail in enumerate(replay.tails):
        longer = _longer(channel, tail, together)
        fresh = sketches(channel, longer.intervals, longer.seen - len(longer.intervals), longer.seen - tail.seen)
        if fresh:
            events = itertools.accumulate(_count(channel, facts.kind) for facts in told)
            ends = [tail.seen + count - (tail.last_us < 0) for count in events]
            for sketch in fresh:
                found[bisect_right(ends, sketch.position + AFTER)].append(sketch)
    return [tuple(each) for each in found]


def merged(recognised: tuple[Recognised, ...], matches: Iterable[ReplayMatch]) -> tuple[Recognised, ...]:
    """Return what was recognised with some matches more, a recording each."""
    by_source = {one.source: one for one in recognised}
    for match in matches:
        known = by_source.get(match.source)
        by_source[match.source] = (
            Recognised(match.source, match.stretches, match.distance, match.same_device, match.same_subject)
            if known is None
            else replace(known, stretches=known.stretches + match.stretches, distance=min(known.distance, match.distance))
        )
    ordered = sorted(by_source.values(), key=lambda one: (one.own, -one.stretches, one.distance, one.source))
    return tuple(ordered[:SOURCES])


def channel_times(channel: int, t_us: IntArray, kind: ByteArray) -> IntArray:
    """Return when the events of a channel happened."""
    times: IntArray = t_us[_CHANNEL[kind] == channel]
    return times


def _longer(channel: int, tail: Tail, facts: Facts) -> Tail:
    """Return the tail with all of a batch's intervals."""
    last_us, fresh, intervals = _appended(channel, tail.last_us, tail.intervals, facts.t_us, facts.kind)
    return Tail(last_us, tail.seen + fresh, intervals) if last_us != tail.last_us or fresh else tail


@kernel
def _appended(channel: int, last_us: int, intervals: ByteArray, t_us: IntArray, kind: ByteArray) -> tuple[int, int, ByteArray]:
    """Return the time of the channel's last event, how many intervals are new, and all of them."""
    last_us, waits = _waits(channel, last_us, t_us, kind)
    had = len(intervals)
    longer = np.empty(had + len(waits), np.uint8)
    longer[:had] = intervals
    longer[had:] = quantised(waits)
    return last_us, len(waits), longer


@kernel
def _count(channel: int, kind: ByteArray) -> int:
    """Return how many events a channel has."""
    count = 0
    for one in kind:
        count += _CHANNEL[one] == channel
    return count


@kernel
def _waits(channel: int, last_us: int, t_us: IntArray, kind: ByteArray) -> tuple[int, IntArray]:
    """Return the time of the channel's last event, and the time from one to the next."""
    waits = np.empty(len(kind), np.int64)
    count = 0
    for event in range(len(kind)):
        if _CHANNEL[kind[event]] == channel:
            if last_us >= 0:
                waits[count] = t_us[event] - last_us
                count += 1
            last_us = t_us[event]
    return last_us, waits[:count]
