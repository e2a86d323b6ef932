"""Every detector there is, in the order in which findings are shown. What is not in this table does not exist."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from signals.drift import churn, client, likelihood, swap, travel
from signals.emulator import android, headless, pacing, virtual_machine
from signals.integrity import assets, clocks, clone, hooks, probes
from signals.network import addresses, handshake, kind, locale, reputation, sharing
from signals.replay import replay
from signals.timing import actions, clicks, frame_lock, keys, metronome, pad, pointer, reaction, touch
from signals.types import Evidence, Finding, ScoreName


@dataclass(frozen=True, slots=True)
class Detector:
    """One row: a stable name, the score it speaks for, and the pure function that judges."""

    name: str
    score: ScoreName
    assess: Callable[[Evidence], Finding]
    explains: tuple[str, ...] = ()
    """Detectors whose word for honesty it explains away: a recording of a person has that person's rhythm, and a timer has nobody's."""


DETECTORS: Final[tuple[Detector, ...]] = (
    Detector(keys.NAME, ScoreName.TIMING, keys.assess),
    Detector(clicks.NAME, ScoreName.TIMING, clicks.assess),
    Detector(pointer.NAME, ScoreName.TIMING, pointer.assess),
    Detector(touch.NAME, ScoreName.TIMING, touch.assess),
    Detector(metronome.NAME, ScoreName.TIMING, metronome.assess, explains=(keys.NAME, clicks.NAME)),
    Detector(pad.NAME, ScoreName.TIMING, pad.assess),
    Detector(actions.NAME, ScoreName.TIMING, actions.assess),
    Detector(reaction.NAME, ScoreName.TIMING, reaction.assess),
    Detector(frame_lock.NAME, ScoreName.TIMING, frame_lock.assess),
    Detector(replay.NAME, ScoreName.TIMING, replay.assess, explains=(keys.NAME, clicks.NAME, pointer.NAME, touch.NAME)),
    Detector(virtual_machine.NAME, ScoreName.EMULATOR, virtual_machine.assess),
    Detector(android.NAME, ScoreName.EMULATOR, android.assess),
    Detector(headless.NAME, ScoreName.EMULATOR, headless.assess),
    Detector(pacing.NAME, ScoreName.EMULATOR, pacing.assess),
    Detector(assets.NAME, ScoreName.INTEGRITY, assets.assess),
    Detector(probes.NAME, ScoreName.INTEGRITY, probes.assess),
    Detector(hooks.NAME, ScoreName.INTEGRITY, hooks.assess),
    Detector(clocks.NAME, ScoreName.INTEGRITY, clocks.assess),
    Detector(clone.NAME, ScoreName.INTEGRITY, clone.assess),
    Detector(kind.NAME, ScoreName.NETWORK, kind.assess),
    Detector(sharing.NAME, ScoreName.NETWORK, sharing.assess),
    Detector(reputation.NAME, ScoreName.NETWORK, reputation.assess),
    Detector(locale.NAME, ScoreName.NETWORK, locale.assess),
    Detector(addresses.NAME, ScoreName.NETWORK, addresses.assess),
    Detector(handshake.NAME, ScoreName.NETWORK, handshake.assess),
    Detector(travel.NAME, ScoreName.DRIFT, travel.assess),
    Detector(churn.NAME, ScoreName.DRIFT, churn.assess),
    Detector(likelihood.NAME, ScoreName.DRIFT, likelihood.assess),
    Detector(client.NAME, ScoreName.DRIFT, client.assess),
    Detector(swap.NAME, ScoreName.DRIFT, swap.assess),
)
