"""Who plays in the demo: one row a player, what it does and what the collector ought to say. All of them are synthetic."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from wire import kinds
from zoo import honest
from zoo.gesture import Gesture, Play

Verdict = Literal["allow", "challenge", "deny"]
Trick = Literal["none", "replay", "tampered_asset", "tracer", "speed_hack", "cloned_device"]

HOME: Final = "62.28.10.20"
"""Addresses are only looked up in the demo's own made-up database; nothing is ever sent to them."""
HOSTING: Final = "45.33.12.5"
FAR_AWAY: Final = "49.176.3.4"


def metronome(_rng: Random) -> Play:
    """Press one key every 150 ms, as the simplest macro does."""
    while True:
        yield Gesture(0.110, kinds.KEY_DOWN, kinds.KEY_SPACE)
        yield Gesture(0.040, kinds.KEY_UP, kinds.KEY_SPACE)


def jittered_clicker(rng: Random) -> Play:
    """Click where the pointer stands with a uniformly random delay, as click loops with `sleep(uniform(a, b))` do.

    Press and release follow one another at once: that is what `click()` of the usual automation libraries does.
    """
    while True:
        yield Gesture(rng.uniform(0.08, 0.2), kinds.POINTER_DOWN, kinds.BUTTON_LEFT, 360, 412)
        yield Gesture(0.001, kinds.POINTER_UP, kinds.BUTTON_LEFT, 360, 412)


@dataclass(frozen=True, slots=True)
class Player:
    """One row."""

    name: str
    about: str
    expected: Verdict
    hands: Callable[[Random], Play] = honest.play
    trick: Trick = "none"
    address: str = HOME
    then_address: str | None = None
    """Where the login comes from, if it is not where the game was played."""
    solves: bool = False
    """Whether this player can answer a step-up: it is (or stands for) a person with the second factor at hand."""


PLAYERS: Final[tuple[Player, ...]] = (
    Player("honest", "chats, aims and clicks", "allow", solves=True),
    Player("metronome", "one key every 150 ms", "challenge", hands=metronome),
    Player("jittered_clicker", "clicks with random delays", "challenge", hands=jittered_clicker),
    Player("replay", "plays back what it recorded of the honest player", "deny", trick="replay"),
    Player("tampered_asset", "has edited a file of the game", "deny", trick="tampered_asset"),
    Player("tracer", "is being traced by another process", "challenge", trick="tracer"),
    Player("speed_hack", "runs the game's clock half as fast again", "deny", trick="speed_hack"),
    Player("hosting", "comes from a hosting range", "challenge", address=HOSTING, solves=True),
    Player("continents", "logs in from Lisbon, then from Sydney", "challenge", then_address=FAR_AWAY, solves=True),
    Player("cloned_device", "runs with a copy of somebody's device file", "challenge", trick="cloned_device"),
)
