"""The fit of keys and of clicks: tables of latency against content, and curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from signals.fitting.curves import FOLDS, SIZES, Effort, fit_curves, subject_folds
from signals.fitting.press_samples import Draw, draw, taken_apart
from signals.regress import multinomial
from signals.samples import HONEST, Families, Rng
from signals.timing import content, quantise, rhythm
from signals.timing.additive import Floats
from signals.timing.content import Tables
from signals.timing.model import Channel
from signals.timing.rhythm import Presses
from signals.traces import Trace
from signals.types import IntArray

_MOST_HUNDREDS: Final = 400


def fit_presses(channel: str, people: Sequence[Trace], families: Families, rng: Rng, effort: Effort) -> Channel:
    """Return the fitted channel `keys` or `clicks`. `people` are human traces only."""
    learnt = learn_content(channel, people, rng)
    honest = families.get(HONEST, {})
    curves = []
    for low, high in pairwise(effort.sizes or SIZES[channel]):
        traces = draw(people, channel, families[channel], Draw((low, high - 1), effort.windows(people), effort.bots), rng, honest)
        curves.append(fit_curves(low, learnt.features(traces), traces, learnt.folds, card=True))
    return Channel(rhythm.NAMES, rhythm.GROUPS, tuple(curves), learnt.tables)


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """Tables from everybody, and for each fold of subjects tables that have not seen it."""

    channel: str
    folds: Mapping[str, int]
    tables: Tables
    without: tuple[Tables, ...]

    def features(self, traces: Sequence[Trace]) -> Floats:
        """Return the features of each trace by tables that have not seen its subject; a row of NaN where there are too few presses."""
        apart = [taken_apart(self.channel, trace) for trace in traces]
        rows = [
            rhythm.features(presses, self._unseen(trace)) if len(presses) >= rhythm.MIN_INTERVALS else np.full(len(rhythm.NAMES), np.nan)
            for presses, trace in zip(apart, traces, strict=True)
        ]
        return np.array(rows)

    def _unseen(self, trace: Trace) -> Tables:
        fold = self.folds.get(trace.subject)
        return self.tables if fold is None else self.without[fold]


def learn_content(channel: str, people: Sequence[Trace], rng: Rng) -> Learnt:
    """Return what people's latencies have to do with content."""
    folds = subject_folds(people, rng)
    stretches = draw(people, channel, {}, Draw((100, 100), _MOST_HUNDREDS // 5, plain=True), rng)
    if channel == "clicks":
        stretches += draw(people, channel, {}, Draw((40, 60), 3, plain=True), rng)
    both = [(taken_apart(channel, trace), folds[trace.subject]) for trace in stretches]
    plain, owners = zip(*((one, owner) for one, owner in both if len(one) >= rhythm.MIN_INTERVALS), strict=True)
    without = [fit_tables([one for one, owner in zip(plain, owners, strict=True) if owner != fold]) for fold in range(FOLDS)]
    return Learnt(channel, folds, fit_tables(plain), tuple(without))


def fit_tables(presses: Sequence[Presses]) -> Tables:
    """Return the tables of latency against content: a multinomial logistic regression of the rank bin on its contexts."""
    rows: list[IntArray] = []
    targets = []
    nothing = 3 * content.PAIRS + 2 * quantise.BINS
    for one in presses:
        binned = quantise.bins(one.intervals, np.sort(one.intervals))
        pairs = one.codes[:-1] * content.CLASSES + one.codes[1:]
        row = np.full((len(binned), 5), nothing)
        row[:, 0] = pairs
        row[1:, 1] = content.PAIRS + pairs[:-1]
        row[:-1, 2] = 2 * content.PAIRS + pairs[1:]
        row[1:, 3] = 3 * content.PAIRS + binned[:-1]
        row[2:, 4] = 3 * content.PAIRS + quantise.BINS + binned[:-2]
        rows.append(row)
        targets.append(binned)
    weights = multinomial(np.concatenate(rows), np.concatenate(targets), nothing + 1)
    weights -= weights.mean(axis=1, keepdims=True)
    edges = np.cumsum([content.PAIRS, content.PAIRS, content.PAIRS, quantise.BINS])
    return Tables(*np.split(np.round(weights[:-1], 4), edges))
