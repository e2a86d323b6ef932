"""The part of History that remembers how frames were paced: integer counts over the last one to two thousand frames.

Everything is a sum of integers over events in order, so batches may be cut anywhere.
"""

from typing import Final

import msgspec

from signals.kernel import kernel
from signals.types import Facts, IntArray

BLOCK: Final = 1024
"""Intervals after which the block before the last is forgotten."""
GAP_US: Final = 1_000_000
"""A longer interval is a pause of drawing (loading, minimised), not a frame."""
SAME_US: Final = 1
"""Two intervals that differ by no more are the same: only rounding keeps them apart."""
STALL_EVENTS: Final = 8
"""Input events that make a gap a stall; a hand that rests on the mouse gives a few."""
_GRID_US: Final = 1000
_MANY: Final = 1 << 20
_NOTHING: Final = (0, -1, -1)

Counts = tuple[int, int, int, int]
"""A block's, in the order of its fields."""
Typed = tuple[int, int, int]
"""Input events since the last frame: how many, the first and the last in µs."""


class Block(msgspec.Struct, frozen=True):
    """Sums over some frame intervals."""

    count: int = 0
    """All of them, gaps too, so that a block ends at the same frame however batches were cut."""
    total_us: int = 0
    """Of those that are shorter than a gap."""
    same: int = 0
    """Intervals within SAME_US of the one before."""
    on_grid: int = 0
    """Frames whose time is a whole millisecond: a coarse clock, not the pacing."""

    def plus(self, other: "Block") -> "Block":
        """Return both together."""
        return Block(self.count + other.count, self.total_us + other.total_us, self.same + other.same, self.on_grid + other.on_grid)


class Frames(msgspec.Struct, frozen=True):
    """Two blocks, the carry from batch to batch, and how often input went on while nothing was drawn."""

    before: Block = msgspec.field(default_factory=Block)
    block: Block = msgspec.field(default_factory=Block)
    last_us: int = -1
    interval_us: int = -1
    """The last interval, -1 after a gap."""
    inputs: int = 0
    """Input events since the last frame."""
    first_input_us: int = -1
    last_input_us: int = -1
    stalls: int = 0
    """Gaps between frames in which input went on for as long as a gap."""

    @property
    def recent(self) -> Block:
        """Return the last one to two blocks as one."""
        return self.before.plus(self.block)


def learn(frames: Frames, facts: Facts) -> Frames:
    """Return what is known of the pacing after one batch more."""
    drawn, inputs = facts.frames_us, facts.t_us
    carried = (frames.inputs, frames.first_input_us, frames.last_input_us)
    before, block = _counts(frames.before), _counts(frames.block)
    if not len(drawn):
        if frames.last_us < 0 or not len(inputs):
            return frames
        carried = _typed(inputs, -1, carried)
        return Frames(frames.before, frames.block, frames.last_us, frames.interval_us, *carried, frames.stalls)
    before, block, interval_us = _paced(drawn, frames.last_us, frames.interval_us, before, block)
    stalls = frames.stalls + _stalled(drawn, inputs, frames.last_us, carried)
    last_us = int(drawn[-1])
    return Frames(Block(*before), Block(*block), last_us, interval_us, *_typed(inputs, last_us, _NOTHING), stalls)


def _counts(block: Block) -> Counts:
    return block.count, block.total_us, block.same, block.on_grid


@kernel
def _paced(drawn: IntArray, last_us: int, interval_us: int, before: Counts, block: Counts) -> tuple[Counts, Counts, int]:
    """Return both blocks and the last interval after these frames."""
    count, total_us, same, on_grid = block
    for drawn_us in drawn:
        if last_us >= 0:
            interval = drawn_us - last_us
            count += 1
            on_grid += drawn_us % _GRID_US == 0
            if interval < GAP_US:
                total_us += interval
                same += interval >= 0 and interval_us >= 0 and abs(interval - interval_us) <= SAME_US
                interval_us = interval
            else:
                interval_us = -1
            if count == BLOCK:
                before = (count, total_us, same, on_grid)
                count, total_us, same, on_grid = 0, 0, 0, 0
        last_us = drawn_us
    return before, (count, total_us, same, on_grid), interval_us


@kernel
def _stalled(drawn: IntArray, inputs: IntArray, last_us: int, carried: Typed) -> int:
    """Return during how many gaps between frames input went on."""
    stalls = 0
    for frame in range(len(drawn)):
        if last_us >= 0 and drawn[frame] - last_us >= GAP_US:
            count, first_us, newest_us = carried if frame == 0 else (0, -1, -1)
            for input_us in inputs:
                if last_us < input_us <= drawn[frame]:
                    first_us = input_us if count == 0 else first_us
                    newest_us = input_us
                    count += 1
            stalls += count >= STALL_EVENTS and newest_us - first_us >= GAP_US
        last_us = drawn[frame]
    return stalls


@kernel
def _typed(inputs: IntArray, after_us: int, carried: Typed) -> Typed:
    """Return the input since the last frame: how much, the first and the last."""
    count, first_us, newest_us = carried
    for input_us in inputs:
        if input_us > after_us:
            first_us = input_us if first_us < 0 else first_us
            newest_us = input_us
            count = min(_MANY, count + 1)
    return count, first_us, newest_us
