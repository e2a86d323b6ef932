"""The rhythm of typing: spread, entropy, memory, holds, and latency bound to what is typed.

Conditional entropy after Porta et al. (1998) and Gianvecchio et al. (2008); digraph latencies after Gaines et al. (1980).
"""

from typing import Final

from signals.timing.device import device_class
from signals.timing.model import TimingModel, shipped
from signals.timing.presses import judge_presses
from signals.types import Evidence, Finding

NAME: Final = "keys"


def assess(evidence: Evidence) -> Finding:
    """Judge the last key presses by the model in force."""
    return assess_by(evidence.timing or shipped(), evidence)


def assess_by(model: TimingModel, evidence: Evidence) -> Finding:
    """Judge the last key presses."""
    history = evidence.history
    return judge_presses(NAME, history.timing.keys, model.channels.get(NAME), device_class(history.machine))
