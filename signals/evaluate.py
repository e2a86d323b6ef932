"""How well timing tells bots from people it never saw: by family, device and subject group, devices and families left out in turn.

Replays and bent clocks have their rows too: what they are recognised by is in `signals/replay` and `signals/integrity/clock.py`.
"""

from collections.abc import Sequence

import numpy as np

from signals.evaluation.card import Card
from signals.evaluation.clocks import evaluate_clocks
from signals.evaluation.pointer import evaluate_pointer
from signals.evaluation.pointer_lengths import pointer_lengths
from signals.evaluation.presses import OUTER, PRESS_RANGE, evaluate_presses
from signals.evaluation.replay import evaluate_replays
from signals.fitting.curves import Effort
from signals.fitting.pointer import MOVES, moved
from signals.fitting.press_samples import PRESS
from signals.samples import Families
from signals.traces import BOT, HUMAN, Trace

_QUICK = Effort(per_subject=3)
"""What a test has time for."""
_REPLAYS = 120
_HONEST_CLOCKS = 3_600
_BENT_CLOCKS = 300
"""For every window a person: replays a case, honest sessions in all, and bent ones a row; at most what 25 windows give."""
_MOST_WINDOWS = 25


def evaluate(traces: Sequence[Trace], families: Families, seed: int, effort: Effort, left_out: bool = True) -> Card:
    """Return the report card of a fit of these traces. Deterministic for a seed.

    Without `left_out` no family or device is left out, and no lengths are tried.
    """
    card = Card()
    people = [trace for trace in traces if trace.label == HUMAN]
    for at, channel in enumerate(PRESS):
        own = [trace for trace in people if np.count_nonzero(trace.kind == PRESS[channel]) > PRESS_RANGE[0]]
        if families.get(channel) and len({trace.subject for trace in own}) >= 2 * OUTER:
            evaluate_presses(card, channel, own, families, np.random.default_rng((seed, at)), effort, left_out)
    bots = [trace for trace in traces if trace.label == BOT]
    for at, (channel, move) in enumerate(MOVES.items()):
        moving = moved(people, move), moved(bots, move)
        evaluate_pointer(card, channel, *moving, families, np.random.default_rng((seed, len(PRESS), at)), effort, left_out)
        if left_out:
            pointer_lengths(card, channel, *moving, families, np.random.default_rng((seed, len(PRESS) + 3, at)), effort)
    times = min(effort.per_subject, _MOST_WINDOWS)
    evaluate_replays(card, people, np.random.default_rng((seed, len(PRESS) + 1)), _REPLAYS * times)
    evaluate_clocks(card, np.random.default_rng((seed, len(PRESS) + 2)), _HONEST_CLOCKS * times, _BENT_CLOCKS * times)
    return card


def quick(traces: Sequence[Trace], families: Families, seed: int) -> Card:
    """Return the card of a small evaluation without what is left out: for a test, so without movers that not every machine has."""
    return evaluate(traces, {name: some for name, some in families.items() if name != "public"}, seed, _QUICK, left_out=False)
