"""Every detector there is, in the order in which findings are shown. What is not in this table does not exist."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from signals.types import Evidence, Finding, ScoreName


@dataclass(frozen=True, slots=True)
class Detector:
    """One row: a stable name, the score it speaks for, and the pure function that judges."""

    name: str
    score: ScoreName
    assess: Callable[[Evidence], Finding]


DETECTORS: Final[tuple[Detector, ...]] = ()
