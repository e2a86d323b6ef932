"""Scored windows, and the rows of the report card that are counted from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from signals.evaluation.card import Card, Pooled
from signals.figures import figures, rate, threshold
from signals.fitting.curves import UNKNOWN
from signals.samples import group
from signals.timing.additive import Curves, Floats
from signals.traces import BOT, HUMAN, Trace

PACES: Final = ("fastest third", "middle third", "slowest third")


@dataclass(frozen=True, slots=True)
class Scored:
    """A window, and what curves that never saw its subject say of it, in nats."""

    trace: Trace
    evidence: float


def scored(curves: Curves, features: Floats, traces: Sequence[Trace], unknown: bool = False) -> list[Scored]:
    """Return every window with its evidence, -inf where nothing is known of it; as from a device never seen where `unknown`."""
    out = []
    for row, trace in zip(features, traces, strict=True):
        if np.isnan(row).all():
            out.append(Scored(trace, -np.inf))
            continue
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


def note_device(card: Card, name: str, unseen: Sequence[Scored], nominal: float) -> None:
    """Write the row of a device that was left out: people called bots, and bots found, above the same evidence."""
    found = evidence(unseen, BOT) > nominal
    card.devices[name] = float((evidence(unseen, HUMAN) > nominal).mean())
    card.devices_found[name] = rate(int(found.sum()), len(found))


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
    _by_group(card, channel, kept)


def _by_group(card: Card, channel: str, kept: Sequence[Scored]) -> None:
    """Write the rows of devices, and the false alarms of groups of people at what is 1 % over all of them."""
    humans = [one for one in kept if one.trace.label == HUMAN]
    nominal = threshold(evidence(humans, HUMAN), 0.01)
    groups: dict[str, list[Scored]] = {name: [] for name in (*sorted({group(one.trace) for one in humans}), *PACES)}
    pace = _pace(humans)
    for one in humans:
        groups[group(one.trace)].append(one)
        groups[pace[one.trace.subject]].append(one)
    for name, own in groups.items():
        card.subjects[f"{channel}/{name}"] = rate(sum(one.evidence > nominal for one in own), len(own))
        bots = np.array([one.evidence for one in kept if one.trace.label == BOT and group(one.trace) == name])
        if len(bots):
            card.groups[f"{channel}/{name}"] = figures(evidence(own, HUMAN), bots)


def _pace(humans: Sequence[Scored]) -> dict[str, str]:
    """Return to which third everybody belongs, by the median time that a window takes."""
    seconds: dict[str, list[float]] = {}
    for one in humans:
        seconds.setdefault(one.trace.subject, []).append(one.trace.seconds)
    ordered = sorted(seconds, key=lambda subject: (float(np.median(seconds[subject])), subject))
    return {subject: PACES[at * len(PACES) // len(ordered)] for at, subject in enumerate(ordered)}
