"""Recorded input scored as the pipeline scores a session: learn batch by batch, then ask every detector."""

from collections.abc import Iterator
from typing import Final

from signals.combine import assess
from signals.history import EMPTY, learn
from signals.model import Model
from signals.traces import Trace, facts
from signals.types import Assessment, Evidence
from wire.limits import MAX_EVENTS


class Recordings:
    """Scores traces, each as a session of its own."""

    def __init__(self, model: Model) -> None:
        self._model: Final = model

    def score(self, trace: Trace) -> Assessment:
        """Return what the collector would say after the last batch of this trace."""
        history = EMPTY
        for batch in _batches(trace):
            history = learn(history, facts(batch))
        return assess(Evidence(history), self._model)


def _batches(trace: Trace) -> Iterator[Trace]:
    """Cut as a client has to: where the cuts lie changes no score."""
    for start in range(0, len(trace), MAX_EVENTS):
        yield trace.take(slice(start, start + MAX_EVENTS))
