"""How the pointer moves: speed, curvature, sub-movements, rounding, and how waits go with steps. Sources are cited in `kinematics`."""

from typing import Final

from signals.timing.model import TimingModel, shipped
from signals.timing.strokes import judge_strokes
from signals.types import Evidence, Finding

NAME: Final = "pointer"


def assess(evidence: Evidence) -> Finding:
    """Judge the last moves by the model in force."""
    return assess_by(evidence.timing or shipped(), evidence)


def assess_by(model: TimingModel, evidence: Evidence) -> Finding:
    """Judge the last moves of the pointer."""
    return judge_strokes(NAME, evidence.history.timing.moves, model.channels.get(NAME))
