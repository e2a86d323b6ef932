"""A synthetic honest player: types and points roughly as published measurements say that people do.

Typing: inter-key intervals bound to content (a letter by the other hand comes sooner, one by the same finger later), right-skewed,
with a tempo that wanders and keys that overlap: Dhakal, Feit, Kristensson and Oulasvirta, "Observations on typing from 136 million
keystrokes", CHI 2018; Salthouse, "Perceptual, cognitive, and motoric aspects of transcription typing", 1986.
Pointing: a primary minimum-jerk stroke that falls a little short or long, then corrections, with tremor: Flash and Hogan 1985; Meyer
et al. 1988 (optimised initial impulse); duration by Fitts' law (MacKenzie 1992).
"""

import heapq
import math
from random import Random

from wire import kinds
from zoo.gesture import Gesture, Play

_ZONES = ("qaz1", "wsx2", "edc3", "rfvtgb45", "yhnujm67", "ik,8", "ol.9", "p;0")
_ZONE = {letter: zone for zone, letters in enumerate(_ZONES) for letter in letters}
_CHAT = (
    "nice spin there who else is playing tonight",
    "the feature came twice in a row and then nothing",
    "good luck everybody i am going to try the other table",
    "that was close one more line and it would have paid",
    "how do you change the bet on this one",
    "my brother won on the same game last week",
)


def _code(letter: str) -> int:
    return kinds.KEY_SPACE if letter == " " else _ZONE.get(letter, kinds.KEY_OTHER)


def _stretch(before: int, now: int) -> float:
    """Return how much longer than the typist's mean the interval between two key classes is."""
    if kinds.KEY_SPACE in (before, now):
        return 0.92 if now == kinds.KEY_SPACE else 1.15
    if before == now:
        return 1.28
    same_hand = (before < 4) == (now < 4)
    return 1.1 if same_hand else 0.86


def type_text(rng: Random, text: str, mean_s: float) -> list[tuple[float, int, int]]:
    """Return (seconds from the start, kind, key class) of typing `text`, key_down and key_up, in time order."""
    at, tempo, before = 0.0, 0.0, kinds.KEY_SPACE
    events: list[tuple[float, int, int]] = []
    for letter in text:
        now = _code(letter)
        tempo = 0.85 * tempo + rng.gauss(0, 0.08)
        pause = rng.lognormvariate(math.log(0.35), 0.5) if rng.random() < 0.04 else 0.0
        at += mean_s * _stretch(before, now) * math.exp(tempo + rng.gauss(0, 0.2)) + pause
        hold = 0.095 * math.exp(rng.gauss(0, 0.22) + 0.3 * tempo)
        heapq.heappush(events, (at, kinds.KEY_DOWN, now))
        heapq.heappush(events, (at + hold, kinds.KEY_UP, now))
        before = now
    return [heapq.heappop(events) for _ in range(len(events))]


def chat(rng: Random, mean_s: float = 0.17) -> Play:
    """Type chat lines for ever."""
    while True:
        last = 0.0
        for at, kind, code in type_text(rng, rng.choice(_CHAT), mean_s):
            yield Gesture(at - last, kind, code)
            last = at
        yield Gesture(rng.uniform(0.25, 0.6), kinds.KEY_DOWN, kinds.KEY_ENTER)
        yield Gesture(0.09 * math.exp(rng.gauss(0, 0.2)), kinds.KEY_UP, kinds.KEY_ENTER)


def stroke(rng: Random, start: tuple[float, float], end: tuple[float, float], seconds: float) -> Play:
    """Move once with a minimum-jerk profile, a slight curve and tremor, sampled at a mouse's 125 Hz."""
    steps = max(3, int(seconds * 125))
    bow = rng.gauss(0, 0.06) * math.dist(start, end)
    peak = rng.uniform(0.38, 0.48)
    angle = math.atan2(end[1] - start[1], end[0] - start[0]) + math.pi / 2
    for step in range(1, steps + 1):
        u = (step / steps) ** (math.log(0.5) / math.log(peak))
        s = u**3 * (10 - 15 * u + 6 * u * u)
        off = bow * math.sin(math.pi * s) + rng.gauss(0, 0.35)
        x = start[0] + (end[0] - start[0]) * s + off * math.cos(angle)
        y = start[1] + (end[1] - start[1]) * s + off * math.sin(angle)
        yield Gesture(0.008, kinds.POINTER_MOVE, 0, round(x), round(y))


def point(rng: Random, start: tuple[float, float], target: tuple[float, float], width: float = 80.0) -> Play:
    """Reach a target of `width` pixels as Fitts' law says, correct once or twice, and click."""
    at, distance = start, math.dist(start, target)
    seconds = 0.1 + 0.13 * math.log2(distance / width + 1) * math.exp(rng.gauss(0, 0.15))
    miss = 0.08
    for _ in range(rng.choice((1, 2, 2, 3))):
        reach = math.dist(at, target)
        goal = (target[0] + rng.gauss(0, miss * reach + 4), target[1] + rng.gauss(0, miss * reach + 4))
        yield from stroke(rng, at, goal, seconds)
        at, seconds = goal, 0.12 * math.exp(rng.gauss(0, 0.2))
        yield Gesture(rng.uniform(0.02, 0.07), kinds.POINTER_MOVE, 0, round(at[0]), round(at[1]))
    yield Gesture(rng.uniform(0.05, 0.15), kinds.POINTER_DOWN, kinds.BUTTON_LEFT, round(at[0]), round(at[1]))
    yield Gesture(0.085 * math.exp(rng.gauss(0, 0.2)), kinds.POINTER_UP, kinds.BUTTON_LEFT, round(at[0]), round(at[1]))


def play(rng: Random) -> Play:
    """Chat in the lobby, and after each line click on the game, for ever."""
    at = (640.0, 360.0)
    while True:
        last = 0.0
        for when, kind, code in type_text(rng, rng.choice(_CHAT), 0.13):
            yield Gesture(when - last, kind, code, round(at[0]), round(at[1]))
            last = when
        target = (rng.uniform(100, 1180), rng.uniform(80, 640))
        yield from point(rng, at, target)
        at = target
        yield Gesture(rng.lognormvariate(math.log(0.4), 0.4), kinds.POINTER_MOVE, 0, round(at[0]) + 1, round(at[1]))
