"""A recorded stretch of input and whose it was: what the timing model is fitted on and evaluated with."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signals.history import EMPTY, History, learn
from signals.types import ByteArray, Facts, IntArray
from wire.schema import DeviceFacts

HUMAN: Final = "human"
BOT: Final = "bot"
_SYSTEMS: Final = {"desktop": "Windows", "phone": "Android"}


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Columns of shape (n,) as in Facts, and what is known of their origin."""

    id: str
    source: str
    label: str
    """HUMAN or BOT."""
    family: str
    """`human`, or which kind of bot."""
    subject: str
    """Who it was, or whom the bot imitates."""
    device: str
    t_us: IntArray
    kind: ByteArray
    code: ByteArray
    x: IntArray
    y: IntArray
    pipeline: str = ""
    """Which simulated pipeline a fit told it through; none where it is as it was recorded."""

    def __len__(self) -> int:
        return len(self.t_us)

    def take(self, at: slice | IntArray) -> "Trace":
        """Return these events only."""
        return replace(self, t_us=self.t_us[at], kind=self.kind[at], code=self.code[at], x=self.x[at], y=self.y[at])

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.t_us[-1] - self.t_us[0]) / 1e6 if len(self) else 0.0


def facts(trace: Trace) -> Facts:
    """Return the trace as if one batch had told it, on an ordinary machine of the kind that it names."""
    device = DeviceFacts(os=_SYSTEMS[trace.device]) if trace.device in _SYSTEMS else None
    return Facts(arrived_us=0, t_us=trace.t_us, kind=trace.kind, code=trace.code, x=trace.x, y=trace.y, device=device)


def history(trace: Trace, before: History = EMPTY) -> History:
    """Return what is remembered after the trace."""
    return learn(before, facts(trace))


def of_kinds(trace: Trace, kinds: Iterable[int]) -> Trace:
    """Return the events of these kinds only."""
    return trace.take(np.flatnonzero(np.isin(trace.kind, list(kinds))))
