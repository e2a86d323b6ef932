"""Fit the timing model: tables on what people show, curves on people against bots, calibration on people that the curves never saw.

Deterministic: the same traces, families and seed give the same model. Everything is split by subject.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import scipy

from signals.fitting.curves import FOLDS, SIZES, Effort
from signals.fitting.pointer import MOVES, fit_pointer, moved
from signals.fitting.press_samples import PRESS
from signals.fitting.presses import fit_presses
from signals.samples import Families
from signals.timing.model import Channel, TimingModel
from signals.traces import HUMAN, Trace

VERSION: Final = "timing-1"


def fit_all(traces: Sequence[Trace], families: Families, seed: int, date: str, data: Mapping[str, str], effort: Effort) -> TimingModel:
    """Return the whole model: every channel that enough people were recorded in."""
    people = [trace for trace in traces if trace.label == HUMAN]
    bots = [trace for trace in traces if trace.label != HUMAN]
    channels: dict[str, Channel] = {}
    for at, (channel, press) in enumerate(PRESS.items()):
        own = [trace for trace in people if np.count_nonzero(trace.kind == press) > SIZES[channel][0]]
        if len({trace.subject for trace in own}) >= FOLDS:
            channels[channel] = fit_presses(channel, own, families, np.random.default_rng((seed, at)), effort)
    for at, (channel, move) in enumerate(MOVES.items()):
        fitted = fit_pointer(moved(people, move), moved(bots, move), families, np.random.default_rng((seed, len(PRESS) + at)), effort)
        if fitted is not None:
            channels[channel] = fitted
    versions = {"numpy": np.__version__, "scipy": scipy.__version__}
    return TimingModel(VERSION, date, dict(data), versions, channels)
