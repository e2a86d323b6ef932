"""From measured features to a finding whose reasons add up."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class Measured(Mapping[str, float]):
    """The features that are known, and `size`: put together when somebody looks closer, as for most batches nobody does."""

    names: tuple[str, ...]
    found: Floats
    size: int

    def _known(self) -> dict[str, float]:
        known = {name: value for name, value in zip(self.names, self.found.tolist(), strict=True) if not math.isnan(value)}
        known["size"] = float(self.size)
        return known

    def __getitem__(self, name: str) -> float:
        return self._known()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


def judge(name: str, channel: Channel, curves: Curves, features: Floats, size: int, details: Mapping[str, str], device: str) -> Finding:
    """Return one channel's finding: a reason `name.group` for each group of features, and `name.size` for what the count alone says."""
    groups, starts = _groups(name, channel)
    *parts, own = curves.told(features, starts, device)
    reasons = [Reason(dotted, details[group], part) for (dotted, group), part in zip(groups, parts, strict=True) if part]
    reasons.append(Reason(f"{name}.size", f"what {size} events say by themselves", own))
    return Finding(math.fsum((*parts, own)), size / (size + _HALF_SURE), tuple(reasons), None, Measured(channel.names, features, size))


@lru_cache(maxsize=16)
def _groups(name: str, channel: Channel) -> tuple[tuple[tuple[str, str], ...], IntArray]:
    """Return the reason's name and the group, of each run of equal groups, and where it starts; features of a group stand together."""
    groups = channel.groups
    starts = [at for at, group in enumerate(groups) if not at or groups[at - 1] != group]
    return tuple((f"{name}.{groups[at]}", groups[at]) for at in starts), np.array(starts)
