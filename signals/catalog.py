"""Every detector there is, in the order in which findings are shown. What is not in this table does not exist."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from signals.emulator import android, headless, pacing, virtual_machine
from signals.integrity import assets, clone, hooks, probes
from signals.types import Evidence, Finding, ScoreName


@dataclass(frozen=True, slots=True)
class Detector:
    """One row: a stable name, the score it speaks for, and the pure function that judges."""

    name: str
    score: ScoreName
    assess: Callable[[Evidence], Finding]


DETECTORS: Final[tuple[Detector, ...]] = (
    Detector(virtual_machine.NAME, ScoreName.EMULATOR, virtual_machine.assess),
    Detector(android.NAME, ScoreName.EMULATOR, android.assess),
    Detector(headless.NAME, ScoreName.EMULATOR, headless.assess),
    Detector(pacing.NAME, ScoreName.EMULATOR, pacing.assess),
    Detector(assets.NAME, ScoreName.INTEGRITY, assets.assess),
    Detector(probes.NAME, ScoreName.INTEGRITY, probes.assess),
    Detector(hooks.NAME, ScoreName.INTEGRITY, hooks.assess),
    Detector(clone.NAME, ScoreName.INTEGRITY, clone.assess),
)
