"""The report card: every table by name, every row by name."""

from dataclasses import dataclass, field

from signals.figures import Figures
from signals.timing.additive import Floats


@dataclass(frozen=True, slots=True)
class Pooled:
    """Evidence of one channel on held-out people and their imitators, for the picture."""

    people: Floats
    bots: Floats


@dataclass(frozen=True, slots=True)
class Card:
    """A report card: every table by name, every row by name."""

    families: dict[str, Figures] = field(default_factory=dict)
    """`channel/family`, people and family known by kind, subjects held out; `channel/all` pools the families."""
    left_out: dict[str, Figures] = field(default_factory=dict)
    """`channel/family`, a family that was not in the fit."""
    devices: dict[str, float] = field(default_factory=dict)
    """`channel/device`: true false alarms at a nominal 1 % on a device that was not in the fit."""
    subjects: dict[str, float] = field(default_factory=dict)
    """`channel/device`: false alarms at 1 % overall, on held-out people of devices that were in the fit."""
    lengths: dict[str, tuple[float, float]] = field(default_factory=dict)
    """`channel/events`: median seconds of play, and bots found at 1 % false alarms."""
    pooled: dict[str, Pooled] = field(default_factory=dict)
