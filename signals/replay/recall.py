"""From what an index brings up to matches, and a library in memory for evaluation and for scoring files."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from signals.replay.index import NONE, SignatureIndex
from signals.replay.sketch import Sketch, nearness
from signals.types import ReplayMatch

RECORDINGS: Final = 4
"""Recordings that one sketch may be near to."""


@dataclass(frozen=True, slots=True)
class Player:
    """Whose input it is."""

    session: str
    device: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """A stretch that was kept, whose it was, and when (server µs)."""

    player: Player
    stretch: bytes
    at_us: int


def compare(sketch: Sketch, candidates: Sequence[Remembered], player: Player, now_us: int, remembered: int) -> list[ReplayMatch]:
    """Return the recordings that a sketch is a replay of, the likest first, each once. `remembered` says among how many was searched."""
    best: dict[str, ReplayMatch] = {}
    for one, (surplus, distance) in zip(candidates, nearness(sketch, [one.stretch for one in candidates], remembered), strict=True):
        source = one.player.session
        if surplus <= 0.0 or (source in best and best[source].distance <= distance):
            continue
        best[source] = ReplayMatch(
            distance=distance,
            same_device=one.player.device == player.device,
            same_subject=player.subject is not None and one.player.subject == player.subject,
            age_s=(now_us - one.at_us) / 1e6,
            source=source,
        )
    return sorted(best.values(), key=lambda match: match.distance)[:RECORDINGS]


class Library:
    """Remembers sketches in memory, as the collector's store does for good."""

    def __init__(self) -> None:
        self._remembered: list[Remembered] = []
        self._indexes: defaultdict[int, SignatureIndex] = defaultdict(SignatureIndex)

    def __len__(self) -> int:
        return len(self._remembered)

    def __iter__(self) -> Iterator[Remembered]:
        return iter(self._remembered)

    def add(self, player: Player, fresh: Sequence[Sketch], at_us: int) -> None:
        """Remember sketches."""
        for channel in {sketch.channel for sketch in fresh}:
            own = [sketch for sketch in fresh if sketch.channel == channel]
            ids = np.arange(len(self._remembered), len(self._remembered) + len(own))
            signatures = np.array([sketch.signature for sketch in own], np.int64)
            before = np.array([NONE if sketch.before is None else sketch.before for sketch in own], np.int64)
            self._indexes[channel].add(ids, signatures, before)
            self._remembered.extend(Remembered(player, sketch.stretch, at_us) for sketch in own)

    def match(self, player: Player, fresh: Sequence[Sketch], now_us: int) -> tuple[ReplayMatch, ...]:
        """Return what was played before in other sessions, each recording once for a sketch."""
        matches: list[ReplayMatch] = []
        for sketch in fresh:
            matches.extend(compare(sketch, self.near(player, sketch), player, now_us, self.size(sketch.channel)))
        return tuple(matches)

    def near(self, player: Player, sketch: Sketch) -> list[Remembered]:
        """Return what a search brings up of other sessions."""
        found = (self._remembered[id] for id in self._indexes[sketch.channel].search(sketch))
        return [one for one in found if one.player.session != player.session]

    def size(self, channel: int) -> int:
        """Return how many sketches of a channel are remembered."""
        return len(self._indexes[channel])
