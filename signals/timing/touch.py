"""How fingers move: speed, curvature, sub-movements, rounding, and how waits go with steps. Sources are cited in `kinematics`."""

from typing import Final

from signals.timing.model import TimingModel, shipped
from signals.timing.strokes import judge_strokes
from signals.types import Evidence, Finding

NAME: Final = "touch"


def assess(evidence: Evidence) -> Finding:
    """Judge the last moves by the model in force."""
    return assess_by(evidence.timing or shipped(), evidence)


def assess_by(model: TimingModel, evidence: Evidence) -> Finding:
    """Judge the last moves of fingers; a model that was fitted on mice alone says nothing of them."""
    return judge_strokes(NAME, evidence.history.timing.touches, model.channels.get(NAME))
