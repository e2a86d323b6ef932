"""The rhythm of what the player does in the game (bet, spin, cash out), at the scale of seconds: loops that wait the same time again.

A hand that waits for a second or more errs by some three to five hundredths of it (Gibbon, Church and Meck, "Scalar timing in memory",
1984; Wing and Kristofferson, Perception & Psychophysics 14, 1973), and one that answers an animation of fixed length by the
spread of a reaction, 25 ms and more (Luce 1986): nobody repeats seconds to within 20 ms, or cycles of several waits. `while True: spin();
sleep(3)` does, and so does a fixed cycle of waits: its entropy, given the few waits before, is none.

What is not claimed: waits drawn at random tell nothing here, since between two bets honest players do anything. Nor is auto-play a bot:
actions that the game says it began (`auto: true`), and those that no input came before, are the game's. Nor is pressing all the time until
the game accepts the next bet: then the bets are as even as the game's own rounds. So only actions count that one press alone led to.
"""

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signals.finding import abstain, found
from signals.kernel import kernel
from signals.timing.judge import TOO_FEW
from signals.timing.marks import BY_GAME, BY_HAND, SECOND, SHOWS, WHICH, Bytes, Ticks, relative
from signals.timing.steady import on_grid, quartiles, too_steady, usual_frame
from signals.types import NOT_APPLICABLE, Evidence, Finding, Reason

NAME: Final = "actions"

FEWEST: Final = 16
"""Waits between actions."""
HAND: Final = 0.020 * SECOND
"""Standard deviation in ticks of the steadiest hand's waits of a second and more, generously small."""
SHORTEST: Final = SECOND // 2
"""Shorter waits are presses: other detectors judge those."""
MOST: Final = 2.5
LAGS: Final = 4
"""Cycles of so many waits are looked for; each look costs its share of chance (Bonferroni)."""
_LOOKS: Final = log(LAGS)
_LED: Final = SECOND
"""An action is the player's if an input came this shortly before."""
_AFTER: Final = SECOND // 250
_LONGEST: Final = 60 * SECOND
_PRESSED_ON: Final = "pressed_on"
"""Why it abstains where several presses came for each action."""
_HALF_SURE: Final = 50.0


def assess(evidence: Evidence) -> Finding:
    """Return evidence from the waits between the player's last actions; abstains below FEWEST."""
    marks = evidence.history.marks
    if not len(marks.told):
        return abstain(NOT_APPLICABLE)
    done, n, lone, lag, spread, usual = _rhythm(marks.presses, marks.told, marks.names)
    if not done:
        return abstain(NOT_APPLICABLE)
    features = {"waits": float(n)}
    if n < FEWEST:
        return abstain(TOO_FEW, features)
    features["lone"] = lone / n
    if lone < 0.8 * n:
        return abstain(_PRESSED_ON, features)
    features |= {"median_s": usual / SECOND, "spread_ms": spread * 1000.0 / SECOND, "cycle": float(lag)}
    grid = usual_frame(evidence.history.timing.frames.since)
    evidence_of = too_steady(on_grid(spread, grid), HAND, n - lag) - _LOOKS if usual >= SHORTEST else 0.0
    if evidence_of <= 0.0:
        return found((), n / (n + _HALF_SURE), features)
    what = "wait" if lag == 1 else f"cycle of {lag} waits"
    detail = f"The same {what} between {n} actions comes again to within {spread * 1000 / SECOND:.1f} ms."
    return found((Reason("actions.clockwork", detail, min(MOST, evidence_of)),), n / (n + _HALF_SURE), features)


@kernel
def _rhythm(presses: Ticks, told: Ticks, names: Bytes) -> tuple[int, int, int, int, float, float]:
    """Return how many actions there are; the number of waits between the player's, how many of these have one press alone for a reason,
    and what `_cycle` says of them."""
    done = 0
    for name in names:
        done += 1 if (name & WHICH) > SHOWS else 0
    waits, lone = _waits(presses, told, names)
    if len(waits) < FEWEST:
        return done, len(waits), lone, 1, 0.0, 0.0
    lag, spread, usual = _cycle(waits)
    return done, len(waits), lone, lag, spread, usual


@kernel
def _waits(presses: Ticks, told: Ticks, names: Bytes) -> tuple[NDArray[np.float64], int]:
    """Return the waits in ticks between the player's actions, and how many of those began and ended with a press of their own.

    An action is placed at the press that led to it. Several actions of one press count once.
    """
    newest = told[-1]
    waits = np.empty(len(told))
    size = lone = place = 0
    before, before_place, begun = 0, -1, False
    for at in range(len(told)):
        name = names[at]
        acted = relative(told[at], newest)
        while place < len(presses) and relative(presses[place], newest) <= acted + _AFTER:
            place += 1
        if (name & WHICH) <= SHOWS or name & BY_GAME:
            continue
        led = place > 0 and relative(presses[place - 1], newest) >= acted - _LED
        if not (led or name & BY_HAND):
            continue
        when, own = (relative(presses[place - 1], newest), place - 1) if led else (acted, -1)
        if begun and when - before < SHORTEST // 10:
            continue
        if begun and when - before <= _LONGEST:
            waits[size] = when - before
            lone += 1 if (own < 0 or before_place < 0 or own - before_place == 1) else 0
            size += 1
        before, before_place, begun = when, own, True
    return waits[:size], lone


@kernel
def _cycle(waits: NDArray[np.float64]) -> tuple[int, float, float]:
    """Return after how many waits they come again most evenly, the spread of one wait against that one, and the median wait."""
    usual, least = quartiles(waits)
    lag = 1
    for one in range(2, LAGS + 1):
        spread = quartiles(waits[one:] - waits[:-one])[1] / 2.0**0.5
        if spread < 0.5 * least:
            lag, least = one, spread
    return lag, least, usual
