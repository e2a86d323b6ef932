"""The rhythm of the pointer's buttons: spread, entropy, memory, holds, and the time that the way between two clicks takes.

Conditional entropy after Porta et al. (1998) and Gianvecchio et al. (2009); movement time grows with distance (Fitts, "The information
capacity of the human motor system", 1954).
"""

from typing import Final

from signals.timing.device import device_class
from signals.timing.model import TimingModel, shipped
from signals.timing.presses import judge_presses
from signals.types import Evidence, Finding

NAME: Final = "clicks"


def assess(evidence: Evidence) -> Finding:
    """Judge the last clicks by the model in force."""
    return assess_by(evidence.timing or shipped(), evidence)


def assess_by(model: TimingModel, evidence: Evidence) -> Finding:
    """Judge the last clicks."""
    history = evidence.history
    return judge_presses(NAME, history.timing.clicks, model.channels.get(NAME), device_class(history.machine))
