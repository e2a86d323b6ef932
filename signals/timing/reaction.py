"""From what the game shows to what the player does: below what eyes and hands can, or too equal for them.

Simple reactions to what is seen take 200 ms and hardly ever less than 100 (Luce, "Response Times", 1986; Woods et al., "Factors influencing
the latency of simple reaction time", Frontiers in Human Neuroscience 9, 2015), choices more (Hick, "On the rate of gain of
information", 1952). They are skewed to the right (ex-Gaussian: Hohle 1965), and spread by more than a tenth of their mean (Wagenmakers
and Brown, Psychological Review 114, 2007). Nothing is fitted here; the limits are from these papers, taken generously.
A script that waits a random time within people's own range is not claimed: from thirty reactions its want of skewness shows too seldom.

What is not a reaction must not look like one. A press counts for the last show before it, if the player's own press did not bring that
show about. Early presses only tell as far as there are more of them than at times shifted against the shows, which is what somebody who
presses in a rhythm has; they tell nothing where presses come before the show as well, or follow the press before more evenly than the show.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.finding import abstain, damped, found
from signals.kernel import kernel
from signals.timing.judge import TOO_FEW
from signals.timing.marks import BY_HAND, LINE_UPDATE, REPEATED, SECOND, SHOWS, WHICH, Bytes, Ticks, relative
from signals.timing.steady import on_grid, quartiles, too_often, too_steady, usual_frame
from signals.types import NOT_APPLICABLE, Evidence, Finding, Reason

NAME: Final = "reaction"

FEWEST: Final = 10
FLOOR: Final = SECOND // 10
"""100 ms: below are anticipations (Luce 1986)."""
LONGEST: Final = 3 * SECOND
ANTICIPATED: Final = 0.08
"""Share of reactions that the most eager person begins too early; in the laboratory it is one or two in a hundred."""
HAND: Final = 0.10
"""Spread over median of the most even person's reactions."""
FEWEST_STEADY: Final = 12
FEWEST_ALIVE: Final = 24
RHYTHM: Final = 1.3
"""Presses follow shows and not one another where the waits since the press before spread by this much more."""

MANY: Final = 0.15
"""Share of shows with a press shortly before, from which they are no surprise."""

MOST_FAST: Final = 3.5
MOST_FAST_OWN: Final = 2.0
"""For shows that come of the player's own round, which an earlier cue may announce."""
MOST_FAST_REGULAR: Final = 1.0
"""For shows that come so evenly that anybody could expect them."""
REGULAR: Final = 0.1
MOST_STEADY: Final = 3.0
ALIVE: Final = -0.3

_CAUSED: Final = int(0.4 * SECOND)
"""A press this long before a round brings it about, over the network."""
_SAME: Final = SECOND // 250
"""4 ms: a press and what it causes are told in either order."""
_LED: Final = SECOND
"""An action is the player's if an input came this shortly before."""
_EARLY: Final = SECOND // 4
_SHIFTS: Final = np.array([-1500, -1150, -850, -600, -400, -250, 250, 400, 600, 850, 1150, 1500], np.int64) * (SECOND // 1000)
_HALF_SURE: Final = 30.0
_SINCE: Final = 30 * SECOND
_FAR: Final = 1 << 40


Measured = tuple[float, float, float, float, float, int, float, float, float]


def assess(evidence: Evidence) -> Finding:
    """Return evidence from the last reactions; abstains below FEWEST."""
    marks = evidence.history.marks
    if not len(marks.told):
        return abstain(NOT_APPLICABLE)
    shows, n, measured = _reactions(marks.presses, marks.how, marks.told, marks.names)
    if not shows:
        return abstain(NOT_APPLICABLE)
    features = {"reactions": float(n)}
    if n < FEWEST:
        return abstain(TOO_FEW, features)
    median, spread, since, usual_gap, gaps, early, chance, lines, grid = measured
    features |= {"median_ms": median * 1000.0 / SECOND, "spread": spread / max(median, 1.0), "early": early / n, "chance": chance}
    reasons: list[Reason] = []
    led = since > RHYTHM * spread
    if led:
        at_random = min(0.95, chance + (chance * (1.0 - chance) / n) ** 0.5 + 0.01)
        most = MOST_FAST_REGULAR if gaps < REGULAR * usual_gap else MOST_FAST if lines >= 0.5 else MOST_FAST_OWN
        reasons += _fast(early, n, at_random, most)
        reasons += _steady(n, median, spread, usual_frame(evidence.history.timing.frames.since) or grid)
        if not reasons and n >= FEWEST_ALIVE and median > 1.5 * FLOOR and spread > 1.5 * HAND * median:
            reasons.append(Reason("reaction.like_a_hand", f"{n} reactions take as long, and vary as much, as people's do.", ALIVE))
    return found(damped(reasons), n / (n + _HALF_SURE), features)


def _fast(early: int, n: int, at_random: float, most: float) -> list[Reason]:
    evidence = too_often(early, n, at_random + (1.0 - at_random) * ANTICIPATED)
    if not evidence:
        return []
    detail = f"{early} of {n} reactions to what the game showed came within {FLOOR * 1000 // SECOND} ms; chance would give {at_random:.0%}."
    return [Reason("reaction.too_fast", detail, min(most, evidence))]


def _steady(n: int, median: float, spread: float, grid: float) -> list[Reason]:
    if n < FEWEST_STEADY or median <= 0.0:
        return []
    evidence = too_steady(on_grid(spread, grid) / median, HAND, n)
    if not evidence:
        return []
    detail = f"{n} reactions of about {median * 1000 / SECOND:.0f} ms differ by {spread / median:.1%}; people's by a tenth and more."
    return [Reason("reaction.too_even", detail, min(MOST_STEADY, evidence))]


@kernel
def _answers(presses: Ticks, how: Bytes, told: Ticks, names: Bytes) -> NDArray[np.int64]:
    """Return when the player did something, relative to the newest time: presses, and actions by hand that no press led to."""
    newest = _newest(presses, told)
    out = np.empty(len(presses) + len(told), np.int64)
    size, next_told = 0, 0
    last = -_FAR
    for at in range(len(presses) + 1):
        when = relative(presses[at], newest) if at < len(presses) else 1
        while next_told < len(told) and relative(told[next_told], newest) < when:
            acted = relative(told[next_told], newest)
            name = names[next_told]
            if name & BY_HAND and (name & WHICH) > SHOWS and acted - last > _LED:
                out[size] = acted
                size += 1
            next_told += 1
        if at < len(presses):
            last = when
            if not how[at] & REPEATED:
                out[size] = when
                size += 1
    return out[:size]


@kernel
def _newest(presses: Ticks, told: Ticks) -> int:
    if not len(presses) or relative(told[-1], presses[-1]) > 0:
        return int(told[-1])
    return int(presses[-1])


@kernel
def _reactions(presses: Ticks, how: Bytes, told: Ticks, names: Bytes) -> tuple[int, int, Measured]:
    """Return how much was shown, how much of it was reacted to, and of these in ticks: median and spread of the latencies; the spread of
    the waits since the press before; median and spread of the gaps between the shows; how many came early; the share of early ones at
    shifted times; the share of early ones that followed a line; and the grid that latencies seem to be on."""
    answers = _answers(presses, how, told, names)
    newest = _newest(presses, told)
    shows = np.empty(len(told), np.int64)
    which = np.empty(len(told), np.int64)
    n = 0
    for at in range(len(told)):
        name = names[at] & WHICH
        if name <= SHOWS:
            shows[n], which[n] = relative(told[at], newest), name
            n += 1
    expected = _expected(shows[:n], which, answers)
    latencies, since, gaps = np.empty(n), np.empty(n), np.empty(n)
    seen = np.empty(n, np.int64)
    size = early = early_lines = place = 0
    for at in range(n):
        show = shows[at]
        while place < len(answers) and answers[place] < show - _SAME:
            place += 1
        if expected[which[at]] or place >= len(answers) or answers[place] <= show + _SAME:
            continue
        if which[at] != LINE_UPDATE and place and answers[place - 1] >= show - _CAUSED:
            continue
        if answers[place] >= min(shows[at + 1] if at + 1 < n else show + LONGEST, show + LONGEST):
            continue
        latencies[size] = answers[place] - show
        since[size] = min(_SINCE, answers[place] - answers[place - 1]) if place else _SINCE
        if latencies[size] < FLOOR:
            early += 1
            early_lines += 1 if which[at] == LINE_UPDATE else 0
        seen[size] = show
        size += 1
    latencies, since = latencies[:size], since[:size]
    if size < FEWEST:
        return n, size, (0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0.0, 0.0)
    for at in range(1, size):
        gaps[at - 1] = seen[at] - seen[at - 1]
    chance = _by_chance(seen[:size], answers)
    lined = early_lines / early if early else 1.0
    usual, spread = quartiles(latencies)
    usual_gap, gap_spread = quartiles(gaps[: size - 1])
    return n, size, (usual, spread, quartiles(since)[1], usual_gap, gap_spread, early, chance, lined, _grid(latencies))


@kernel
def _by_chance(shows: NDArray[np.int64], answers: NDArray[np.int64]) -> float:
    """Return how often the next answer comes early at times shifted against the shows."""
    hits = 0
    for shift in _SHIFTS:
        place = 0
        for show in shows:
            while place < len(answers) and answers[place] <= show + shift:
                place += 1
            hits += 1 if place < len(answers) and answers[place] < show + shift + FLOOR else 0
    return hits / (len(shows) * len(_SHIFTS))


@kernel
def _grid(latencies: NDArray[np.float64]) -> float:
    """Return the step in ticks that the values show, 0 where most of them differ; a 60th of a second where all are the same."""
    ordered = np.sort(latencies)
    distinct = 1
    least = SECOND / 60.0
    for at in range(1, len(ordered)):
        if ordered[at] > ordered[at - 1]:
            step = ordered[at] - ordered[at - 1]
            least = step if distinct == 1 else min(least, step)
            distinct += 1
    return 0.0 if 2 * distinct > len(ordered) else least


@kernel
def _expected(shows: NDArray[np.int64], which: NDArray[np.int64], answers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each kind of show whether presses come shortly before it as well: somebody expects it, or brings it about.

    A press right after another show is the answer to that one.
    """
    counts, preceded = np.zeros(SHOWS + 1), np.zeros(SHOWS + 1)
    place = 0
    for at in range(len(shows)):
        counts[which[at]] += 1
        while place < len(answers) and answers[place] <= shows[at] + _SAME:
            place += 1
        if not place or answers[place - 1] < shows[at] - (_EARLY if which[at] == LINE_UPDATE else _CAUSED):
            continue
        answered = answers[place - 1] - shows[at - 1] if at else np.int64(-1)
        preceded[which[at]] += 0 if 0 <= answered < FLOOR else 1
    return preceded > np.maximum(1.0, MANY * counts)
