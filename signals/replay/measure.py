"""How well replays are recognised: recall of replays of remembered recordings, and alarms over people who replay nothing.

A recording is remembered whole; a window of it is played again, noisy, faster or slower, or a short piece of it; found is what has at
least one match with its own recording. A fresh window is one of a recording that is not remembered, against all recordings that are:
those of everybody else, and of the same person's other sessions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from signals.replay.recall import Library, Player
from signals.replay.sketch import Sketch, quantised, sketches
from signals.replay.tail import channel_times
from signals.traces import Trace
from signals.types import IntArray


@dataclass(frozen=True, slots=True)
class Case:
    """A way to play again: how many intervals, with which noise (ms, standard deviation) and at which speed (drawn between two)."""

    name: str
    intervals: int
    noise_ms: float
    warp: tuple[float, float]
    goal: float


CASES: Final = (
    Case("100 intervals, 30 ms", 100, 30.0, (1.0, 1.0), 0.999),
    Case("100 intervals, 60 ms", 100, 60.0, (1.0, 1.0), 0.95),
    Case("50 intervals, 10 ms", 50, 10.0, (1.0, 1.0), 0.9),
    Case("100 intervals, x0.9 to x1.1", 100, 0.0, (0.9, 1.1), 0.99),
    Case("100 intervals, x0.9 to x1.1, 30 ms", 100, 30.0, (0.9, 1.1), 0.99),
)


def half(traces: Sequence[Trace]) -> list[Trace]:
    """Return the traces of every second subject."""
    subjects = sorted({trace.subject for trace in traces})[1::2]
    return [trace for trace in traces if trace.subject in subjects]


def recall(
    traces: Sequence[Trace], channel: int, case: Case, rng: np.random.Generator, most: int = 3000, among: Library | None = None
) -> float:
    """Return the share of windows whose replay is matched with the recording it comes from, among whatever else is remembered."""
    library, recordings = _remember(traces, channel, among or Library())
    windows = [
        (trace, times[start : start + case.intervals + 1])
        for trace, times in recordings
        for start in range(0, len(times) - case.intervals - 1, max(1, case.intervals // 5))
    ]
    if len(windows) > most:
        windows = [windows[place] for place in np.sort(rng.choice(len(windows), most, replace=False))]
    found = 0
    for trace, times in windows:
        intervals = np.diff(times) * rng.uniform(*case.warp)
        noisy = np.maximum(1000.0, intervals + rng.normal(0.0, case.noise_ms * 1000.0, len(intervals))) if case.noise_ms else intervals
        matches = library.match(Player("replayer", "another device"), _sketched(channel, noisy.astype(np.int64)), 0)
        found += any(match.source == trace.id for match in matches)
    return found / len(windows) if windows else 0.0


def false_alarms(traces: Sequence[Trace], channel: int, intervals: int, among: Library | None = None) -> tuple[int, int]:
    """Return how many windows of people match anything that is not their own recording, and how many windows there are.

    Windows start at every interval. The same person's other recordings count as somebody else's.
    """
    library, recordings = _remember(traces, channel, among or Library())
    flagged = total = 0
    for trace, times in recordings:
        bytes_of = quantised(np.diff(times))
        taken = sketches(channel, bytes_of, 0, len(bytes_of))
        player = Player(trace.id, "another device")
        alarmed = np.array([sketch.position for sketch in taken if library.match(player, (sketch,), 0)], np.int64)
        for start in range(len(bytes_of) - intervals):
            total += 1
            flagged += bool(((alarmed >= start) & (alarmed < start + intervals)).any())
    return flagged, total


def _remember(traces: Sequence[Trace], channel: int, library: Library) -> tuple[Library, list[tuple[Trace, IntArray]]]:
    recordings = []
    for trace in traces:
        times = channel_times(channel, trace.t_us, trace.kind)
        if len(times) > 1:
            library.add(Player(trace.id, trace.device, trace.subject), _sketched(channel, np.diff(times)), 0)
            recordings.append((trace, times))
    return library, recordings


def _sketched(channel: int, intervals_us: IntArray) -> tuple[Sketch, ...]:
    intervals = quantised(intervals_us)
    return sketches(channel, intervals, 0, len(intervals))
