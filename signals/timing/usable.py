"""Whether a fitted model is of what this version measures: one of other features, or of other shapes, is refused and never misread."""

from itertools import pairwise

from signals.timing import kinematics, rhythm
from signals.timing.additive import Curves, Floats, Points
from signals.timing.content import PAIRS, Tables
from signals.timing.judge import ANY_DEVICE
from signals.timing.model import BadTimingModel, Channel, TimingModel
from signals.timing.quantise import BINS

_MEASURED = {
    "keys": (rhythm.NAMES, rhythm.GROUPS),
    "clicks": (rhythm.NAMES, rhythm.GROUPS),
    "pointer": (kinematics.NAMES, kinematics.GROUPS),
    "touch": (kinematics.NAMES, kinematics.GROUPS),
}


def usable(model: TimingModel) -> TimingModel:
    """Return the model, if it fits what this version measures. Raises BadTimingModel."""
    for name, channel in model.channels.items():
        if name not in _MEASURED:
            raise BadTimingModel(f"{name} is no channel that is fitted")
        if (channel.names, channel.groups) != _MEASURED[name]:
            raise BadTimingModel(f"{name} was fitted on other features than this version measures: fit it anew")
        if not all(_whole(channel, curves) for curves in channel.curves):
            raise BadTimingModel(f"{name} has curves that are not whole")
        if channel.tables is not None and not _fitting(channel.tables):
            raise BadTimingModel(f"{name} has tables of another shape")
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


def _fitting(tables: Tables) -> bool:
    by_pair = (tables.reached, tables.before, tables.after)
    by_bin = (tables.previous, tables.second)
    return all(table.shape == (PAIRS, BINS) for table in by_pair) and all(table.shape == (BINS, BINS) for table in by_bin)


def _curve(points: Points) -> bool:
    return points.ndim == 2 and points.shape[1] == 2 and len(points) >= 2 and _rising(points[:, 0])


def _rising(row: Floats) -> bool:
    return all(one < other for one, other in pairwise(row.tolist()))
