"""The report card: every table by name, every row by name."""

from dataclasses import dataclass, field

from signals.figures import Figures, Rate
from signals.timing.additive import Floats


@dataclass(frozen=True, slots=True)
class Pooled:
    """Evidence of one channel on held-out people and their imitators, for the picture."""

    people: Floats
    bots: Floats


@dataclass(frozen=True, slots=True)
class Fresh:
    """Windows of people who replay nothing, and what they were taken for."""

    people: int
    recordings: int
    remembered: int
    """Sketches among which was searched."""
    apart: int
    """Windows that don't overlap: what the windows are worth where each one is to be new."""
    strangers: Rate
    """Taken for a recording of somebody else."""
    own: Rate
    """Like another session of the same person in at least one stretch: no alarm while device or account is known."""
    macros: Rate
    """Taken for a macro of one's own."""
    pairs: int = 0
    """Fresh sketches by sketches of strangers: each of these was one chance of a false match."""
    nearest: float = 0.0
    """By how many deviations the nearest of all pairs is above the limit; below it where negative."""
    expected: tuple[tuple[int, float], ...] = ()
    """How many are remembered, and the false matches of a window that are expected then: extrapolated, not counted."""


@dataclass(frozen=True, slots=True)
class Card:
    """A report card: every table by name, every row by name."""

    families: dict[str, Figures] = field(default_factory=dict)
    """`channel/family`, people and family known by kind, subjects held out; `channel/all` pools the families."""
    left_out: dict[str, Figures] = field(default_factory=dict)
    """`channel/family`, a family that was not in the fit."""
    devices: dict[str, float] = field(default_factory=dict)
    """`channel/device`: true false alarms at a nominal 1 % on a device that was not in the fit."""
    devices_found: dict[str, Rate] = field(default_factory=dict)
    """`channel/device`: bots that imitate the people of that device, found at the same nominal 1 %."""
    groups: dict[str, Figures] = field(default_factory=dict)
    """`channel/device`: held-out people of devices that were in the fit, and bots there."""
    subjects: dict[str, Rate] = field(default_factory=dict)
    """`channel/device` and `channel/third`: false alarms at 1 % overall, of held-out people by device, and by how fast they are."""
    lengths: dict[str, tuple[float, float]] = field(default_factory=dict)
    """`channel/events`: median seconds of play, and bots found at 1 % false alarms."""
    replays: dict[str, Rate] = field(default_factory=dict)
    """`channel/case`: replays that were recognised."""
    fresh: dict[str, Fresh] = field(default_factory=dict)
    """By channel."""
    clocks: dict[str, Rate] = field(default_factory=dict)
    """`speed, network, circumstances`: bent clocks that were found. Simulated."""
    honest_clocks: dict[str, Rate] = field(default_factory=dict)
    """`network` or `circumstances`: honest clocks that were called bent; `all` are all of them. Simulated."""
    pooled: dict[str, Pooled] = field(default_factory=dict)
