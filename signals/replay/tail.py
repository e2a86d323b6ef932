"""The part of History that replays need: the newest intervals of each channel, and the recordings that were recognised so far.

Everything is counted in events, so the same events give the same sketches however batches were cut.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

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


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """The end of one channel."""

    last_us: int = -1
    seen: int = 0
    """Intervals so far."""
    intervals: ByteArray = field(default_factory=lambda: np.empty(0, np.uint8))


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


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """Tails by channel, and what was recognised, strangers' recordings first."""

    tails: tuple[Tail, ...] = (Tail(),) * CHANNELS
    recognised: tuple[Recognised, ...] = ()


def learn(replay: Replay, facts: Facts) -> Replay:
    """Return the part after one batch more."""
    recognised = merged(replay.recognised, facts.replays) if facts.replays else replay.recognised
    if not len(facts.kind):
        return replace(replay, recognised=recognised) if facts.replays else replay
    longer = (_longer(channel, tail, facts)[0] for channel, tail in enumerate(replay.tails))
    return Replay(tuple(replace(tail, intervals=tail.intervals[-KEPT:]) for tail in longer), recognised)


def fresh_sketches(replay: Replay, facts: Facts) -> tuple[Sketch, ...]:
    """Return the sketches that a batch completes, before it is learned."""
    if not len(facts.kind):
        return ()
    found: list[Sketch] = []
    for channel, tail in enumerate(replay.tails):
        longer, fresh = _longer(channel, tail, facts)
        found.extend(sketches(channel, longer.intervals, longer.seen - len(longer.intervals), fresh))
    return tuple(found)


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


def _longer(channel: int, tail: Tail, facts: Facts) -> tuple[Tail, int]:
    """Return the tail with all of a batch's intervals, and how many they are."""
    t_us = channel_times(channel, facts.t_us, facts.kind)
    if not len(t_us):
        return tail, 0
    edges = t_us if tail.last_us < 0 else np.concatenate((np.array([tail.last_us]), t_us))
    intervals = quantised(np.diff(edges))
    fresh = len(intervals)
    return Tail(int(t_us[-1]), tail.seen + fresh, np.concatenate((tail.intervals, intervals))), fresh
