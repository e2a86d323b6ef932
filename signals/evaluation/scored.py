"""Scored windows, and the rows of the report card that are counted from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from signals.evaluation.card import Card, Pooled
from signals.figures import figures, threshold
from signals.fitting.curves import UNKNOWN
from signals.samples import group
from signals.timing.additive import Curves, Floats
from signals.traces import BOT, HUMAN, Trace


@dataclass(frozen=True, slots=True)
class Scored:
    """A window, and what curves that never saw its subject say of it, in nats."""

    trace: Trace
    evidence: float


def scored(curves: Curves, features: Floats, traces: Sequence[Trace], unknown: bool = False) -> list[Scored]:
    """Return every window with its evidence; as from a device never seen where `unknown`."""
    out = []
    for row, trace in zip(features, traces, strict=True):
        shares, own = curves.calibrated(row, UNKNOWN if unknown else trace.device)
        out.append(Scored(trace, float(shares.sum()) + own))
    return out


def abstained(asked: Sequence[Trace], judged: Sequence[Trace]) -> list[Scored]:
    """Return what was asked and not judged, with evidence of -inf: not found, whatever the threshold."""
    known = {id(trace) for trace in judged}
    return [Scored(trace, -np.inf) for trace in asked if id(trace) not in known]


def evidence(kept: Sequence[Scored], label: str) -> Floats:
    """Return the evidence of those windows that have this label."""
    return np.array([one.evidence for one in kept if one.trace.label == label])


def pick(traces: Sequence[Trace], rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[Trace]:
    """Return the traces of these rows."""
    return [trace for trace, chosen in zip(traces, rows.tolist(), strict=True) if chosen]


def note(card: Card, channel: str, kept: Sequence[Scored], unknown: Mapping[str, Sequence[Scored]]) -> None:
    """Write the rows of a channel: by family, by family left out, and by device."""
    people = evidence(kept, HUMAN)
    everything = evidence(kept, BOT)
    card.pooled[channel] = Pooled(people, everything)
    card.families[f"{channel}/all"] = figures(people, everything)
    for family in sorted({one.trace.family for one in kept if one.trace.label == BOT}):
        bots = np.array([one.evidence for one in kept if one.trace.family == family])
        card.families[f"{channel}/{family}"] = figures(people, bots)
        if unknown.get(family):
            card.left_out[f"{channel}/{family}"] = figures(evidence(unknown[family], HUMAN), evidence(unknown[family], BOT))
    nominal = threshold(people, 0.01)
    for name in sorted({group(one.trace) for one in kept if one.trace.label == HUMAN}):
        own = np.array([one.evidence for one in kept if one.trace.label == HUMAN and group(one.trace) == name])
        card.subjects[f"{channel}/{name}"] = float((own > nominal).mean())
