"""From measured features to a finding whose reasons add up."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from signals.timing.additive import Curves, Floats
from signals.timing.model import Channel
from signals.types import Finding, IntArray, Reason

TOO_FEW: Final = "too_few_events"
NOT_FITTED: Final = "not_fitted"
ANY_DEVICE: Final = "*"
_HALF_SURE: Final = 100.0
"""Events or intervals at which confidence is one half."""


def judge(name: str, channel: Channel, curves: Curves, features: Floats, size: int, details: Mapping[str, str], device: str) -> Finding:
    """Return one channel's finding: a reason `name.group` for each group of features, and `name.size` for what the count alone says."""
    shares, own = curves.calibrated(features, device)
    groups, starts = _groups(name, channel.groups)
    parts: list[float] = np.add.reduceat(shares, starts).tolist()
    reasons = [Reason(dotted, details[group], part) for (dotted, group), part in zip(groups, parts, strict=True) if part]
    reasons.append(Reason(f"{name}.size", f"what {size} events say by themselves", own))
    measured = {feature: value for feature, value in zip(channel.names, features.tolist(), strict=True) if not math.isnan(value)}
    measured["size"] = float(size)
    return Finding(math.fsum((*parts, own)), size / (size + _HALF_SURE), tuple(reasons), features=measured)


@lru_cache(maxsize=16)
def _groups(name: str, groups: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], IntArray]:
    """Return the reason's name and the group, of each run of equal groups, and where it starts; features of a group stand together."""
    starts = [at for at, group in enumerate(groups) if not at or groups[at - 1] != group]
    return tuple((f"{name}.{groups[at]}", groups[at]) for at in starts), np.array(starts)
