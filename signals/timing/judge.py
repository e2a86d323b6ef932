"""From measured features to a finding whose reasons add up."""

import math
from collections.abc import Mapping
from typing import Final

from signals.timing.additive import Curves, Floats
from signals.timing.model import Channel
from signals.types import Finding, Reason

TOO_FEW: Final = "too_few_events"
NOT_FITTED: Final = "not_fitted"
ANY_DEVICE: Final = "*"
_HALF_SURE: Final = 100.0
"""Events or intervals at which confidence is one half."""


def judge(
    name: str, channel: Channel, curves: Curves, features: Floats, size: int, details: Mapping[str, str], device: str = ANY_DEVICE
) -> Finding:
    """Return one channel's finding: a reason `name.group` for each group of features, and `name.size` for what the count alone says."""
    shares, own = curves.calibrated(features, device)
    totals: dict[str, float] = {}
    for group, part in zip(channel.groups, shares.tolist(), strict=True):
        totals[group] = totals.get(group, 0.0) + part
    reasons = [Reason(f"{name}.{group}", details[group], part) for group, part in totals.items() if part]
    reasons.append(Reason(f"{name}.size", f"what {size} events say by themselves", own))
    measured = {feature: value for feature, value in zip(channel.names, features.tolist(), strict=True) if not math.isnan(value)}
    evidence = math.fsum(reason.contribution for reason in reasons)
    return Finding(evidence, size / (size + _HALF_SURE), tuple(reasons), features={**measured, "size": float(size)})
