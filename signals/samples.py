"""What every draw of windows shares: who imitates, which pipeline a trace came through, and what each window counts for."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from signals.traces import HUMAN, Trace

Rng = np.random.Generator
Imitate = Callable[[Trace, Rng], Trace]
"""A person's window in, the same content as a bot of one family would have played it out."""
Families = Mapping[str, Mapping[str, Imitate]]
"""Channel to family to imitator."""
HONEST: Final = "honest"
"""Stands in for a channel: what people do with keys and buttons that no recording holds."""


def log_uniform(low: float, high: float, rng: Rng) -> float:
    """Return a number between these two, any ratio as likely as any other."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def group(trace: Trace) -> str:
    """Return which pipeline a trace came through: its source and device."""
    return f"{trace.source}/{trace.device}"


def balanced(traces: Sequence[Trace]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return weights that add up to the number of traces: people and bots alike, then devices and bot families, then subjects."""
    keys = [(trace.label, group(trace) if trace.label == HUMAN else trace.family, trace.subject) for trace in traces]
    counts = Counter(keys)
    subjects = Counter(key[:2] for key in counts)
    groups = Counter(key[0] for key in subjects)
    return np.array([len(traces) / 2.0 / groups[key[0]] / subjects[key[:2]] / counts[key] for key in keys])
