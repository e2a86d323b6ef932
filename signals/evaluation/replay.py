"""How well replays are recognised: recall of replays of remembered recordings, and alarms over people who replay nothing.

A recording is remembered whole; a window of it is played again, noisy, faster or slower, or cut and joined with others; found is what has
at least one match with a recording that it comes from. A fresh window is one of a recording that is not remembered, against all
recordings that are: those of everybody else, and of the same person's other sessions.

Of windows that don't overlap there are a few hundred; but each is held against thousands of stretches of strangers, so there are millions
of pairs, and how near the nearest of them come says how often one would be too near: peaks over a threshold (Pickands, "Statistical
inference using extreme order statistics", 1975), with an exponential tail, which is heavier than that of correlations.
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final

import numpy as np

from signals.evaluation.card import Card, Fresh
from signals.figures import rate
from signals.replay.recall import Library, Player
from signals.replay.replay import OWN_AT
from signals.replay.sketch import MEASURED, Sketch, nearness, quantised, sketches
from signals.replay.tail import KEYS, PRESSES
from signals.samples import Rng
from signals.traces import Trace, of_kinds
from signals.types import IntArray
from wire import kinds

INTERVALS: Final = 100
REMEMBERED: Final = (10_000, 100_000, 1_000_000, 10_000_000)
"""For how many remembered sketches false matches are extrapolated."""
_NEAREST: Final = 100
"""Pairs that the tail is fitted on. It falls faster the farther out it is, so more of them would expect more false matches."""
_KINDS: Final = {KEYS: (kinds.KEY_DOWN,), PRESSES: (kinds.POINTER_DOWN, kinds.TOUCH_DOWN, kinds.PAD)}


@dataclass(frozen=True, slots=True)
class Case:
    """A way to play again: how many intervals, with which noise (ms, standard deviation), at which speed and in which pieces."""

    name: str
    intervals: int = INTERVALS
    noise_ms: float = 0.0
    warp: tuple[float, float] = (1.0, 1.0)
    """Drawn between two."""
    pieces: tuple[int, int] | None = None
    """Intervals of each piece, drawn between two; every piece is cut out of another recording."""
    goal: float | None = None


CASES: Final = (
    Case("100 intervals", goal=0.999),
    Case("100 intervals, 10 ms", noise_ms=10.0, goal=0.999),
    Case("100 intervals, 30 ms", noise_ms=30.0, goal=0.999),
    Case("100 intervals, 60 ms", noise_ms=60.0, goal=0.95),
    Case("50 intervals, 10 ms", 50, 10.0, goal=0.9),
    Case("100 intervals, x0.9 to x1.1", warp=(0.9, 1.1), goal=0.99),
    Case("100 intervals, x0.9 to x1.1, 30 ms", noise_ms=30.0, warp=(0.9, 1.1)),
    Case("100 intervals, pieces of 50, 10 ms", noise_ms=10.0, pieces=(50, 50)),
    Case("100 intervals, pieces of 25 to 50, 10 ms", noise_ms=10.0, pieces=(25, 50)),
    Case("100 intervals, pieces of 10 to 25, 10 ms", noise_ms=10.0, pieces=(10, 25)),
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Recordings of a channel that are remembered, and when their events happened."""

    channel: int
    library: Library
    recordings: tuple[tuple[Trace, IntArray], ...]


def evaluate_replays(card: Card, people: Sequence[Trace], rng: Rng, most: int) -> None:
    """Fill in recall and false alarms of keys and of presses: at most `most` replays a case, of people the limits were not set on."""
    for name, channel in (("keys", KEYS), ("clicks", PRESSES)):
        known = [trace for trace in people if len(times_of(trace, channel)) > INTERVALS]
        asked = half(known)
        memory = remember(asked, channel)
        if memory.recordings:
            for case in CASES:
                card.replays[f"{name}/{case.name}"] = rate(*recall(memory, case, rng, most))
            remember([trace for trace in known if trace not in asked], channel, memory.library)
            card.fresh[name] = crossed(memory, false_alarms(memory))


def half(traces: Sequence[Trace]) -> list[Trace]:
    """Return the traces of every second subject: the limits were set on the others (docs/decisions/0313)."""
    subjects = sorted({trace.subject for trace in traces})[1::2]
    return [trace for trace in traces if trace.subject in subjects]


def times_of(trace: Trace, channel: int) -> IntArray:
    """Return when the events of a channel happened."""
    return of_kinds(trace, _KINDS[channel]).t_us


def remember(traces: Sequence[Trace], channel: int, among: Library | None = None) -> Memory:
    """Return the memory of these recordings, together with what `among` remembers."""
    library = among or Library()
    recordings = []
    for trace in traces:
        times = times_of(trace, channel)
        if len(times) > 1:
            library.add(Player(trace.id, trace.device, trace.subject), _sketched(channel, np.diff(times)), 0)
            recordings.append((trace, times))
    return Memory(channel, library, tuple(recordings))


def recall(memory: Memory, case: Case, rng: Rng, most: int = 3000) -> tuple[int, int]:
    """Return how many replays are matched with a recording they come from, and how many there were, at most `most`."""
    places = [
        (at, start)
        for at, (_, times) in enumerate(memory.recordings)
        for start in range(0, len(times) - case.intervals - 1, max(1, case.intervals // 5))
    ]
    if len(places) > most:
        places = [places[at] for at in np.sort(rng.choice(len(places), most, replace=False))]
    replayer = Player("replayer", "another device")
    found = 0
    for at, start in places:
        intervals, sources = _taken(memory, case, at, start) if case.pieces is None else _spliced(memory, case, rng)
        played = _played(intervals, case, rng, memory.channel)
        found += any(match.source in sources for sketch in played for match in memory.library.match(replayer, (sketch,), 0))
    return found, len(places)


def false_alarms(memory: Memory, intervals: int = INTERVALS) -> Fresh:
    """Return how many windows of people match what is not their own recording. Windows start at every interval."""
    strangers = own = macros = windows = apart = 0
    subjects = {trace.id: trace.subject for trace, _ in memory.recordings}
    for trace, times in memory.recordings:
        codes = quantised(np.diff(times))
        player = Player(trace.id, "another device", trace.subject)
        of_strangers: list[tuple[int, str]] = []
        of_own: list[tuple[int, str]] = []
        for sketch in sketches(memory.channel, codes, 0, len(codes)):
            for match in memory.library.match(player, (sketch,), 0):
                (of_own if subjects.get(match.source) == trace.subject else of_strangers).append((sketch.position, match.source))
        count = max(0, len(codes) - intervals)
        windows += count
        apart += len(codes) // intervals
        for start in range(count) if of_strangers or of_own else ():
            strangers += any(start <= position < start + intervals for position, _ in of_strangers)
            sources = Counter(source for position, source in of_own if start <= position < start + intervals)
            own += bool(sources)
            macros += max(sources.values(), default=0) >= OWN_AT
    people = len(set(subjects.values()))
    return Fresh(people, len(subjects), len(memory.library), apart, rate(strangers, windows), rate(own, windows), rate(macros, windows))


def crossed(memory: Memory, fresh: Fresh) -> Fresh:
    """Return these figures with the pairs in them: how many, how near the nearest are, and what follows for more that is remembered."""
    near: list[tuple[float, Sketch, bytes]] = []
    of_person = Counter(one.player.subject for one in memory.library)
    pairs = sketched = intervals = 0
    for trace, times in memory.recordings:
        player = Player(trace.id, "another device", trace.subject)
        own = _sketched(memory.channel, np.diff(times))
        intervals += len(times) - 1
        sketched += len(own)
        pairs += len(own) * (len(memory.library) - of_person[trace.subject])
        for sketch in own:
            others = [one.stretch for one in memory.library.near(player, sketch) if one.player.subject != trace.subject]
            found = nearness(sketch, others, MEASURED)
            near.extend((surplus, sketch, other) for (surplus, _), other in zip(found, others, strict=True))
        near = heapq.nlargest(_NEAREST, near, key=itemgetter(0))
    if len(near) < _NEAREST:
        return replace(fresh, pairs=pairs)
    tail = np.array([surplus for surplus, _, _ in near])
    above = np.mean(tail - tail[-1])
    expected = []
    for size in REMEMBERED:
        higher = np.mean(tail - [nearness(sketch, (other,), size)[0][0] for _, sketch, other in near])
        chance = len(near) / pairs * np.exp((tail[-1] - higher) / above)
        expected.append((size, float(chance * size * sketched * INTERVALS / intervals)))
    return replace(fresh, pairs=pairs, nearest=float(tail[0]), expected=tuple(expected))


def _taken(memory: Memory, case: Case, at: int, start: int) -> tuple[IntArray, frozenset[str]]:
    trace, times = memory.recordings[at]
    return np.diff(times[start : start + case.intervals + 1]), frozenset((trace.id,))


def _spliced(memory: Memory, case: Case, rng: Rng) -> tuple[IntArray, frozenset[str]]:
    """Return pieces of recordings joined, and where they come from."""
    assert case.pieces is not None
    low, high = case.pieces
    pieces: list[IntArray] = []
    sources = set()
    while sum(map(len, pieces)) < case.intervals:
        trace, times = memory.recordings[int(rng.integers(len(memory.recordings)))]
        size = int(rng.integers(low, high + 1))
        if len(times) > size + 1:
            start = int(rng.integers(len(times) - size - 1))
            pieces.append(np.diff(times[start : start + size + 1]))
            sources.add(trace.id)
    return np.concatenate(pieces)[: case.intervals], frozenset(sources)


def _played(intervals: IntArray, case: Case, rng: Rng, channel: int) -> tuple[Sketch, ...]:
    played = intervals * rng.uniform(*case.warp)
    if case.noise_ms:
        played = np.maximum(1000.0, played + rng.normal(0.0, case.noise_ms * 1000.0, len(played)))
    return _sketched(channel, played.astype(np.int64))


def _sketched(channel: int, intervals_us: IntArray) -> tuple[Sketch, ...]:
    codes = quantised(intervals_us)
    return sketches(channel, codes, 0, len(codes))
