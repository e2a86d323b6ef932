"""The part of History that remembers how frames were paced: integer counts over the last one to two thousand frames.

Everything is a sum of integers over events in order, so batches may be cut anywhere.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

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


@dataclass(frozen=True, slots=True)
class Block:
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


@dataclass(frozen=True, slots=True)
class Frames:
    """Two blocks, the carry from batch to batch, and how often input went on while nothing was drawn."""

    before: Block = field(default_factory=Block)
    block: Block = field(default_factory=Block)
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
    if not len(drawn):
        return _typed(frames, inputs) if len(inputs) and frames.last_us >= 0 else frames
    edges = drawn if frames.last_us < 0 else np.concatenate((np.array([frames.last_us]), drawn))
    intervals, ends = edges[1:] - edges[:-1], edges[1:]
    gaps = np.flatnonzero(intervals >= GAP_US)
    if len(gaps):
        frames = _stalled(frames, edges, gaps, inputs)
    before, block, last = frames.before, frames.block, frames.interval_us
    start = 0
    while start < len(intervals):
        room = BLOCK - block.count
        taken = intervals[start : start + room]
        block = block.plus(_sums(taken, ends[start : start + room], last))
        last = int(taken[-1]) if taken[-1] < GAP_US else -1
        start += room
        if block.count >= BLOCK:
            before, block = block, Block()
    after = inputs[np.searchsorted(inputs, drawn[-1], "right") :]
    return _typed(Frames(before, block, int(drawn[-1]), last, stalls=frames.stalls), after)


def _sums(intervals: IntArray, ends: IntArray, last: int) -> Block:
    short = intervals < GAP_US
    chain = np.concatenate((np.array([last]), np.where(short, intervals, -1)))
    alike = (np.abs(chain[1:] - chain[:-1]) <= SAME_US) & (chain[1:] >= 0) & (chain[:-1] >= 0)
    on_grid = len(ends) - int(np.count_nonzero(ends % _GRID_US))
    return Block(len(intervals), int(intervals[short].sum()), int(np.count_nonzero(alike)), on_grid)


def _typed(frames: Frames, inputs: IntArray) -> Frames:
    """Count input since the last frame."""
    if not len(inputs):
        return frames
    first = int(inputs[0]) if frames.first_input_us < 0 else frames.first_input_us
    count = min(_MANY, frames.inputs + len(inputs))
    return replace(frames, inputs=count, first_input_us=first, last_input_us=int(inputs[-1]))


def _stalled(frames: Frames, edges: IntArray, gaps: IntArray, inputs: IntArray) -> Frames:
    """Count the gaps during which input went on."""
    stalls = frames.stalls
    for place in gaps:
        inside = inputs[(inputs > edges[place]) & (inputs <= edges[place + 1])]
        carried = place == 0 and frames.last_us >= 0 and frames.inputs > 0
        first = frames.first_input_us if carried else (int(inside[0]) if len(inside) else -1)
        last = int(inside[-1]) if len(inside) else (frames.last_input_us if carried else -1)
        count = len(inside) + (frames.inputs if carried else 0)
        stalls += count >= STALL_EVENTS and last - first >= GAP_US
    return replace(frames, stalls=stalls) if stalls != frames.stalls else frames
