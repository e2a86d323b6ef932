"""Recorded input scored as the pipeline scores a session: learn batch by batch, then ask every detector."""

from collections.abc import Iterator
from dataclasses import replace

from signals.combine import assess
from signals.history import EMPTY, History, learn
from signals.model import Model
from signals.replay.recall import Library, Player
from signals.replay.tail import fresh_sketches
from signals.traces import Trace, facts
from signals.types import Assessment, Evidence, Facts
from wire.limits import MAX_EVENTS


class Recordings:
    """Scores traces, each as a session of its own. One that remembers knows a stretch of input again that an earlier trace had."""

    def __init__(self, model: Model, remember: bool = False) -> None:
        self._model = model
        self._library = Library() if remember else None
        self._scored = 0

    def score(self, trace: Trace) -> Assessment:
        """Return what the collector would say after the last batch of this trace."""
        self._scored += 1
        player, history = self._player(trace), EMPTY
        for batch in _batches(trace):
            history = learn(history, self._recognised(history, facts(batch), player))
        return assess(Evidence(history), self._model)

    def _recognised(self, history: History, told: Facts, player: Player) -> Facts:
        if self._library is None:
            return told
        fresh = fresh_sketches(history.replay, told)
        matches = self._library.match(player, fresh, told.arrived_us)
        self._library.add(player, fresh, told.arrived_us)
        return replace(told, replays=matches)

    def _player(self, trace: Trace) -> Player:
        """Return whose input it is. A trace names the kind of a device, so that one's own device is that of one's own traces."""
        session = f"{self._scored}:{trace.id}"
        return Player(session, f"{trace.subject}:{trace.device}" if trace.subject else session, trace.subject or None)


def _batches(trace: Trace) -> Iterator[Trace]:
    """Cut as a client has to: where the cuts lie changes no score."""
    for start in range(0, len(trace), MAX_EVENTS):
        yield trace.take(slice(start, start + MAX_EVENTS))
