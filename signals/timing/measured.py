"""Which features every fitted channel is made of, so that a model that was fitted on others is refused and never misread."""

from itertools import pairwise

from signals.timing import kinematics, rhythm
from signals.timing.additive import Curves, Floats, Points
from signals.timing.judge import ANY_DEVICE
from signals.timing.model import BadTimingModel, Channel, TimingModel

_MEASURED = {
    "keys": (rhythm.NAMES, rhythm.GROUPS),
    "clicks": (rhythm.NAMES, rhythm.GROUPS),
    "pointer": (kinematics.NAMES, kinematics.GROUPS),
    "touch": (kinematics.NAMES, kinematics.GROUPS),
}


def check(model: TimingModel) -> TimingModel:
    """Return the model, if it fits what this version measures. Raises BadTimingModel."""
    for name, channel in model.channels.items():
        if name not in _MEASURED:
            raise BadTimingModel(f"{name} is no channel that is fitted")
        if (channel.names, channel.groups) != _MEASURED[name]:
            raise BadTimingModel(f"{name} was fitted on other features than this version measures: fit it anew")
        if not all(_whole(channel, curves) for curves in channel.curves):
            raise BadTimingModel(f"{name} has curves that are not whole")
    return model


def _whole(channel: Channel, curves: Curves) -> bool:
    shape = curves.knots.shape
    return (
        len(shape) == 2
        and shape[0] == len(channel.names)
        and shape[1] >= 2
        and curves.values.shape == shape
        and ANY_DEVICE in curves.calibration
        and all(_curve(points) for points in curves.calibration.values())
        and all(_rising(row) for row in curves.knots)
    )


def _curve(points: Points) -> bool:
    return points.ndim == 2 and points.shape[1] == 2 and len(points) >= 2 and _rising(points[:, 0])


def _rising(row: Floats) -> bool:
    return all(one < other for one, other in pairwise(row.tolist()))
