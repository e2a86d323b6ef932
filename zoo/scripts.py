"""Pointer scripts drawn at random: every part of a mover chosen by itself, so that what is learnt from them holds for movers nobody drew.

Domain randomisation (Tobin et al., "Domain randomization for transferring deep neural networks from simulation to the real world", IROS
2017): the shape of the way, the profile of speed along it, what tells the time, the noise, the rounding, the pauses and the presses are
independent draws. `SHAPES` are the families, everything else varies within each. All are synthetic.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wire import kinds
from zoo import pointers
from zoo.timing import Recording

Path = NDArray[np.float64]
Waits = NDArray[np.float64]
Rng = np.random.Generator
Shape = Callable[[Path, Path, Recording, Rng], Path]
"""From, to, whose places they are, randomness in; a finely drawn way out, shape (n, 2) in pixels."""

_FINE: Final = 200
_US: Final = 1_000.0


def line(start: Path, end: Path, person: Recording, rng: Rng) -> Path:
    """The straight way."""
    return start + (end - start) * np.linspace(0.0, 1.0, _FINE)[:, None]


def bezier(start: Path, end: Path, person: Recording, rng: Rng) -> Path:
    """A Bezier curve of random order, its control points scattered about the line."""
    inner = int(rng.integers(1, 6))
    size = float(np.hypot(*(end - start))) * rng.uniform(0.02, 0.6)
    control = np.linspace(start, end, inner + 2)
    control[1:-1] += rng.normal(0.0, size, (inner, 2))
    t = np.linspace(0.0, 1.0, _FINE)[:, None]
    path = np.repeat(control[:, None, :], _FINE, axis=1)
    while len(path) > 1:
        path = path[:-1] * (1.0 - t) + path[1:] * t
    return np.asarray(path[0])


def arc(start: Path, end: Path, person: Recording, rng: Rng) -> Path:
    """Part of an ellipse through the start, or some rounds of it."""
    radius = rng.uniform(15.0, 300.0) * np.array((1.0, rng.choice((1.0, rng.uniform(0.4, 1.0)))))
    begin, swept = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(0.5, 4.0 * np.pi) * rng.choice((-1.0, 1.0))
    angle = begin + np.linspace(0.0, swept, 2 * _FINE)
    around = np.stack((np.cos(angle), np.sin(angle)), axis=1) * radius
    return np.asarray(start + around - around[0])


def spline(start: Path, end: Path, person: Recording, rng: Rng) -> Path:
    """A Catmull-Rom spline through random points (Catmull and Rom, 1974)."""
    inner = int(rng.integers(1, 6))
    size = float(np.hypot(*(end - start))) * rng.uniform(0.02, 0.3)
    through = np.linspace(start, end, inner + 2)
    through[1:-1] += rng.normal(0.0, size, (inner, 2))
    points = np.vstack((2.0 * through[0] - through[1], through, 2.0 * through[-1] - through[-2]))
    t = np.linspace(0.0, 1.0, _FINE // (inner + 1), endpoint=False)[:, None]
    pieces = [
        0.5 * (2.0 * b + (c - a) * t + (2.0 * a - 5.0 * b + 4.0 * c - d) * t**2 + (3.0 * b - a - 3.0 * c + d) * t**3)
        for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False)
    ]
    return np.vstack((*pieces, end[None, :]))


def wind(start: Path, end: Path, person: Recording, rng: Rng) -> Path:
    """WindMouse's way (see `pointers.windmouse`) with any step."""
    return pointers.windmouse(start, end, int(rng.integers(8, 120)), rng)


def noise(start: Path, end: Path, person: Recording, rng: Rng) -> Path:
    """A line with smooth noise of random octaves, size and persistence (Perlin, "An image synthesizer", SIGGRAPH 1985)."""
    t = np.linspace(0.0, 1.0, _FINE)
    path = start + (end - start) * t[:, None]
    size = rng.uniform(3.0, 60.0)
    for _ in range(int(rng.integers(1, 5))):
        knots = int(rng.integers(2, 24))
        values = rng.normal(0.0, size / knots**0.5, (knots + 1, 2))
        values[0] = values[-1] = 0.0
        at = t * knots
        left = np.minimum(at.astype(np.int64), knots - 1)
        share = at - left
        share = (share * share * (3.0 - 2.0 * share))[:, None]
        path += values[left] * (1.0 - share) + values[left + 1] * share
    return path


def strokes(start: Path, end: Path, person: Recording, rng: Rng) -> Path:
    """Overlapping strokes with lognormal speed (Plamondon, 1995), sampled evenly in time, so that they carry their own speed."""
    count = int(rng.integers(1, 6))
    t = np.linspace(0.01, 1.0, _FINE)[:, None]
    path = np.repeat(start[None, :].astype(np.float64), _FINE, axis=0)
    for share, begin in zip(rng.dirichlet(np.full(count, 3.0)), np.sort(rng.uniform(0.0, 0.6, count)), strict=True):
        middle, width = np.log(rng.uniform(0.1, 0.35)), rng.uniform(0.15, 0.6)
        grown = pointers.grown_share((np.log(np.maximum(t - begin, 1e-6)) - middle) / width)
        angle = rng.normal(0.0, 0.4) * (1.0 - grown)
        way = (end - start) * share
        turned = np.hstack((way[0] * np.cos(angle) - way[1] * np.sin(angle), way[0] * np.sin(angle) + way[1] * np.cos(angle)))
        path += turned * grown
    return path


def walk(start: Path, end: Path, person: Recording, rng: Rng) -> Path:
    """A drift towards the end plus a velocity that forgets (Ornstein and Uhlenbeck, 1930)."""
    memory = rng.uniform(0.5, 0.995)
    pushes = rng.normal(0.0, 1.0, (_FINE, 2))
    speed = np.zeros((_FINE, 2))
    for at in range(1, _FINE):
        speed[at] = memory * speed[at - 1] + pushes[at]
    away = np.cumsum(speed, axis=0)
    away *= float(np.hypot(*(end - start))) * rng.uniform(0.02, 0.5) / (float(np.abs(away).max()) + 1e-9)
    return line(start, end, person, rng) + away


def traced(start: Path, end: Path, person: Recording, rng: Rng) -> Path:
    """A way that somebody went, turned and stretched, played by a script with a clock of its own."""
    places = np.stack((person.x, person.y), axis=1).astype(np.float64)
    angle, size = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(0.7, 1.5)
    turn = size * np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    return np.asarray((places - places[0]) @ turn + start)


SHAPES: Final[Mapping[str, Shape]] = {
    "line": line,
    "bezier": bezier,
    "arc": arc,
    "spline": spline,
    "wind": wind,
    "noise": noise,
    "strokes": strokes,
    "walk": walk,
    "traced": traced,
}


def play(recording: Recording, shape: Shape, rng: Rng) -> Recording:
    """Return about as many events as the recording has, of one script that nobody wrote."""
    wanted = len(recording.t_us)
    script = _Script(recording, rng)
    here = np.array((recording.x[0], recording.y[0]), np.float64)
    paths, waits, kinds_of = [], [], []
    total = 0
    while total < wanted:
        there = script.target(here)
        path, wait = script.travel(shape(here, there, recording, rng), drawn=shape is traced, timed=shape is strokes)
        kind = np.full(len(path), kinds.POINTER_MOVE, np.uint8)
        wait[0] += script.pause()
        if rng.random() < script.presses:
            path = np.vstack((path, path[-1:], path[-1:]))
            wait = np.concatenate((wait, script.press()))
            kind = np.concatenate((kind, np.array((kinds.POINTER_DOWN, kinds.POINTER_UP), np.uint8)))
        here = path[-1]
        paths.append(path)
        waits.append(wait)
        kinds_of.append(kind)
        total += len(path)
    begin = int(rng.integers(0, total - wanted + 1))
    some = slice(begin, begin + wanted)
    pixels, kind = script.rounded(np.concatenate(paths)[some]), np.concatenate(kinds_of)[some]
    t_us = np.cumsum(np.maximum(np.concatenate(waits)[some], 0.0))
    code = np.where(kind != kinds.POINTER_MOVE, kinds.BUTTON_LEFT, kinds.BUTTON_NONE).astype(np.uint8)
    t_us = np.maximum.accumulate(script.stamped(t_us))
    return Recording(t_us.astype(np.int64), kind, code, pixels[:, 0], pixels[:, 1])


class _Script:
    """One script: the draws that hold for all of its movements."""

    def __init__(self, person: Recording, rng: Rng) -> None:
        self.rng = rng
        self.places = np.stack((person.x, person.y), axis=1).astype(np.float64)
        own = np.diff(person.t_us).astype(np.float64)
        self.own = own[own < 300.0 * _US] if (own < 300.0 * _US).any() else np.full(1, 16.7 * _US)
        self.presses = rng.choice((0.0, 0.3, 1.0))
        self.pauses = rng.choice(("none", "uniform", "lognormal"))
        self.profile = rng.integers(6)
        self.power = rng.uniform(1.0, 5.0)
        self.telling = rng.choice(("steps", "waits", "clock"), p=(0.6, 0.2, 0.2))
        self.waiting = rng.integers(8)
        self.wait = float(np.exp(rng.uniform(np.log(2.0), np.log(60.0)))) * _US
        self.spread = rng.uniform(0.1, 0.9)
        self.points = rng.uniform(6.0, 80.0)
        self.per_point = float(np.exp(rng.uniform(np.log(1.5), np.log(60.0))))
        self.fixed = rng.random() < 0.4
        self.white = float(rng.choice((0.0, 0.0, rng.uniform(0.2, 3.0))))
        self.smooth = float(rng.choice((0.0, 0.0, rng.uniform(0.5, 6.0))))
        self.round = (np.rint, np.floor, np.trunc)[int(rng.integers(3))]
        self.timer = float(rng.choice((0.0, 1.0, 10.0, 15.6, 16.667))) * _US
        self.jumps = rng.random() < 0.06

    def target(self, here: Path) -> Path:
        """Return where to go next."""
        there = self.places[int(self.rng.integers(len(self.places)))]
        return there if np.hypot(*(there - here)) > 30.0 else here + self.rng.normal(0.0, 250.0, 2)

    def travel(self, way: Path, drawn: bool, timed: bool) -> tuple[Path, Waits]:
        """Return the points of one movement and how long the script waits before each."""
        rng = self.rng
        if self.jumps:
            return way[-1:].copy(), self._waits(1)
        steps = np.hypot(*np.diff(way, axis=0).T)
        length = float(steps.sum()) + 1e-9
        if drawn:
            return way.copy(), self._waits(len(way)) if self.waiting else rng.permutation(np.resize(self.own, len(way)))
        points = int(np.clip(self.points if self.fixed else length / self.per_point, 3, 400))
        along = np.linspace(0.0, 1.0, len(way)) if timed else np.concatenate(([0.0], np.cumsum(steps))) / length
        if timed:
            asked = np.linspace(0.0, 1.0, points)
            waits = self._waits(points)
            if self.telling == "clock":
                asked = np.cumsum(waits) / waits.sum()
        else:
            asked, waits = self._timed(points)
        path = np.stack([np.interp(asked, along, way[:, axis]) for axis in (0, 1)], axis=1)
        if self.white:
            path += rng.normal(0.0, self.white, path.shape)
        if self.smooth:
            path += self.smooth * _smoothed(rng.normal(0.0, 1.0, path.shape), int(rng.integers(3, 12)))
        return path, waits

    def _timed(self, points: int) -> tuple[Path, Waits]:
        """Return shares of the way and waits: the profile told by steps, by waits, or true to the clock."""
        t = np.linspace(0.0, 1.0, points)
        waits = self._waits(points)
        if self.telling == "steps":
            return self._progress(t), waits
        if self.telling == "clock":
            passed = np.cumsum(waits)
            return self._progress(passed / passed[-1]), waits
        fine = np.linspace(0.0, 1.0, 400)
        when = np.interp(t, self._progress(fine) + fine * 1e-6, fine)
        gaps = np.diff(when, prepend=0.0)
        return t, np.maximum(gaps / (gaps.mean() + 1e-9), 0.02) * float(waits.mean()) * np.exp(self.rng.normal(0.0, 0.03, points))

    def _progress(self, t: Path) -> Path:
        """Return how far along the way the script is at each share of its time."""
        if self.profile == 0:
            return t
        if self.profile == 1:
            return np.asarray(1.0 - (1.0 - t) ** self.power)
        if self.profile == 2:
            return np.where(t < 0.5, 0.5 * (2.0 * t) ** self.power, 1.0 - 0.5 * (2.0 - 2.0 * t) ** self.power)
        if self.profile == 3:
            return np.asarray(t**3 * (10.0 - 15.0 * t + 6.0 * t**2))
        if self.profile == 4:
            grown = pointers.grown_share((np.log(np.maximum(t, 1e-4)) + self.power / 3.0) / self.spread)
            return np.asarray((grown - grown[0]) / (grown[-1] - grown[0] + 1e-9))
        knots = np.cumsum(self.rng.uniform(0.2, 1.0 + self.power, 12))
        return np.asarray(np.interp(t, np.linspace(0.0, 1.0, 12), (knots - knots[0]) / (knots[-1] - knots[0])))

    def _waits(self, points: int) -> Waits:
        rng, wait = self.rng, self.wait
        if self.waiting <= 1:
            return np.maximum(wait + rng.normal(0.0, self.spread * 0.5 * _US, points), 0.2 * _US)
        if self.waiting == 2:
            return rng.uniform(wait * (1.0 - self.spread), wait * (1.0 + self.spread), points)
        if self.waiting == 3:
            return np.maximum(rng.normal(wait, wait * 0.4 * self.spread, points), 0.2 * _US)
        if self.waiting == 4:
            return wait * 0.3 + rng.exponential(wait * self.spread, points)
        if self.waiting == 5:
            return wait * np.exp(rng.normal(0.0, self.spread, points))
        if self.waiting == 6:
            return 16_667.0 * rng.geometric(rng.choice((0.5, 0.8, 0.95, 1.0)), points) + rng.normal(0.0, 300.0, points)
        return np.asarray(rng.choice(self.own, points))

    def pause(self) -> float:
        """Return how long the script rests before it moves on, in µs."""
        if self.pauses == "none":
            return 0.0
        if self.pauses == "uniform":
            return float(self.rng.uniform(0.0, 1_000.0 * _US))
        return float(self.rng.lognormal(np.log(300.0 * _US), 0.8))

    def press(self) -> Waits:
        """Return the waits before a press and its release."""
        return self.rng.uniform(1.0, 120.0, 2) * _US

    def rounded(self, path: Path) -> NDArray[np.int64]:
        """Return whole pixels."""
        return np.asarray(self.round(path)).astype(np.int64)

    def stamped(self, t_us: Waits) -> Waits:
        """Return the times as the system's timer lets sleeps end."""
        if not self.timer:
            return t_us
        late = self.rng.normal(0.0, 30.0, len(t_us)).clip(-90.0, 90.0) + 100.0
        return np.asarray(np.ceil(t_us / self.timer) * self.timer + late)


def _smoothed(rows: Path, width: int) -> Path:
    ones = np.ones(width) / width**0.5
    return np.stack([np.convolve(rows[:, axis], ones, mode="full")[: len(rows)] for axis in (0, 1)], axis=1)
