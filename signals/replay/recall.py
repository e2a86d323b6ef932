"""From what an index brings up to matches, and an index in memory for evaluation and for scoring files."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from signals.replay.sketch import NEAR, Sketch, keys, likeness, probes, surplus
from signals.types import IntArray, ReplayMatch

MOST: Final = 256
"""Candidates that are compared for one sketch, the nearest first."""
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


def nearest(sketch: Sketch, ids: IntArray, signatures: IntArray) -> list[int]:
    """Return the ids whose signatures are near to the sketch's, the nearest first, each once."""
    apart = np.bitwise_count((signatures ^ np.int64(sketch.signature)).view(np.uint64))
    order = np.argsort(apart, kind="stable")
    return list(dict.fromkeys(ids[order[apart[order] <= NEAR]].tolist()))[:MOST]


def compare(sketch: Sketch, candidates: Sequence[Remembered], player: Player, now_us: int) -> list[ReplayMatch]:
    """Return the recordings that a sketch is a replay of, the likest first, each once."""
    best: dict[str, ReplayMatch] = {}
    for one, (correlation, intervals) in zip(candidates, likeness(sketch.stretch, [one.stretch for one in candidates]), strict=True):
        source = one.player.session
        if surplus(sketch.channel, correlation, intervals) <= 0.0 or (source in best and best[source].distance <= 1.0 - correlation):
            continue
        best[source] = ReplayMatch(
            distance=1.0 - correlation,
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
        self._signatures: list[int] = []
        self._by_key: tuple[defaultdict[int, list[int]], ...] = (defaultdict(list), defaultdict(list))

    def __len__(self) -> int:
        return len(self._remembered)

    def add(self, player: Player, fresh: Sequence[Sketch], at_us: int) -> None:
        """Remember sketches."""
        for sketch in fresh:
            for by_key, key in zip(self._by_key, keys(sketch), strict=True):
                by_key[key].append(len(self._remembered))
            self._remembered.append(Remembered(player, sketch.stretch, at_us))
            self._signatures.append(sketch.signature)

    def match(self, player: Player, fresh: Sequence[Sketch], now_us: int) -> tuple[ReplayMatch, ...]:
        """Return what was played before in other sessions, each recording once for a sketch."""
        matches: list[ReplayMatch] = []
        for sketch in fresh:
            ids = [
                id
                for by_key, likely in zip(self._by_key, probes(sketch), strict=True)
                for key in likely
                if key in by_key
                for id in by_key[key]
                if self._remembered[id].player.session != player.session
            ]
            signatures = np.array([self._signatures[id] for id in ids], np.int64)
            near = nearest(sketch, np.array(ids, np.int64), signatures)
            matches.extend(compare(sketch, [self._remembered[id] for id in near], player, now_us))
        return tuple(matches)
