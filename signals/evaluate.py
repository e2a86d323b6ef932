"""How well timing tells bots from people it never saw: by family, device and subject group, devices and families left out in turn."""

from collections.abc import Sequence

import numpy as np

from signals.evaluation.card import Card, Pooled
from signals.evaluation.pointer import evaluate_pointer
from signals.evaluation.presses import OUTER, PRESS_RANGE, evaluate_presses
from signals.fitting.curves import Effort
from signals.fitting.press_samples import PRESS
from signals.samples import Families
from signals.traces import BOT, HUMAN, Trace

__all__ = ["Card", "Pooled", "evaluate"]


def evaluate(traces: Sequence[Trace], families: Families, seed: int, effort: Effort, left_out: bool = True) -> Card:
    """Return the report card of a fit of these traces. Deterministic for a seed.

    Without `left_out` only the families' table is filled: no family or device is left out, and no lengths are tried.
    """
    card = Card()
    people = [trace for trace in traces if trace.label == HUMAN]
    for at, channel in enumerate(PRESS):
        own = [trace for trace in people if np.count_nonzero(trace.kind == PRESS[channel]) > PRESS_RANGE[0]]
        if families.get(channel) and len({trace.subject for trace in own}) >= 2 * OUTER:
            evaluate_presses(card, channel, own, families, np.random.default_rng((seed, at)), effort, left_out)
    bots = [trace for trace in traces if trace.label == BOT]
    evaluate_pointer(card, people, bots, families, np.random.default_rng((seed, len(PRESS))), effort)
    return card
