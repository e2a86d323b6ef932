"""What the detectors of pointer and fingers share: from a window of moves to a finding."""

from typing import Final

from signals.timing import kinematics
from signals.timing.judge import ANY_DEVICE, NOT_FITTED, TOO_FEW, judge
from signals.timing.model import Channel
from signals.timing.windows import Window
from signals.types import NOT_APPLICABLE, Finding

DETAILS: Final = {
    "speed": "how speed is spread and how it changes",
    "submovements": "how a movement is made of accelerations and corrections",
    "path": "how straight, curved and smooth the way is",
    "pixels": "how places are rounded, repeated and jumped to",
    "stops": "how movements begin and end, and what leads to presses",
    "noise": "how the hand's own noise grows with speed and goes with the way",
    "clock": "how the waits between moves go with the steps",
}
TOO_COARSE: Final = "too_coarse"
"""Moves come too seldom, or all at once, so that nobody could see how a hand went."""


def judge_strokes(name: str, window: Window, channel: Channel | None) -> Finding:
    """Return the finding of one channel of moves, for all devices alike: what a client claims to be says nothing of hands."""
    if not window.seen:
        return Finding(None, abstained=NOT_APPLICABLE)
    if channel is None:
        return Finding(None, abstained=NOT_FITTED)
    curves = channel.for_size(len(window.since))
    features, moves = kinematics.features(window)
    if curves is None or moves < kinematics.MIN_MOVES:
        return Finding(None, abstained=TOO_FEW)
    if not len(features):
        return Finding(None, abstained=TOO_COARSE)
    return judge(name, channel, curves, features, moves, DETAILS, ANY_DEVICE)
