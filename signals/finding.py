"""The two ways in which a detector ends: with reasons that add up, or without evidence."""

import math
from collections.abc import Iterable, Mapping

from signals.types import Finding, Reason


def found(reasons: Iterable[Reason], confidence: float = 1.0, features: Mapping[str, float] | None = None) -> Finding:
    """Return the finding whose evidence is the sum of the reasons' contributions; reasons that add nothing are left out."""
    kept = tuple([reason for reason in reasons if reason.contribution])
    return Finding(math.fsum([reason.contribution for reason in kept]), confidence, kept, features=features or {})


def abstain(why: str, features: Mapping[str, float] | None = None) -> Finding:
    """Return the finding of a detector that has nothing to look at."""
    return Finding(None, abstained=why, features=features or {})


def damped(reasons: Iterable[Reason], further: float = 0.25) -> tuple[Reason, ...]:
    """Return the weightiest reason in full and all further ones at a share.

    For reasons that have one cause in common (a virtual machine shows in its product string, its network card and its graphics at
    once): adding their log-odds as if they were independent would count the cause several times.
    """
    kept = sorted(reasons, key=lambda reason: (-abs(reason.contribution), reason.name))
    return tuple(
        reason if place == 0 else Reason(reason.name, reason.detail, reason.contribution * further) for place, reason in enumerate(kept)
    )
