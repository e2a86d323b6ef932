"""Bots that move a pointer: each a path from one point to another, and a way to wait between its points.

Each is a few lines after a published generator or model; all are synthetic. A path is an array of shape (n, 2) in pixels.
"""

from collections.abc import Callable, Mapping
from math import erf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wire import kinds
from zoo.timing import Recording

Path = NDArray[np.float64]
Rng = np.random.Generator
Mover = Callable[[Path, Path, int, Rng], Path]
"""From, to, about how many points, randomness in; the points in between out."""


def linear(start: Path, end: Path, points: int, rng: Rng) -> Path:
    """A straight line at constant speed, as automation libraries move by default."""
    return start + (end - start) * np.linspace(0.0, 1.0, points)[:, None]


def eased(start: Path, end: Path, points: int, rng: Rng) -> Path:
    """A straight line with an easing function (Penner's easeInOutQuad or easeOutElastic's tamer kin), as tweening movers offer."""
    t = np.linspace(0.0, 1.0, points)
    power = rng.integers(2, 5)
    both = np.where(t < 0.5, 0.5 * (2.0 * t) ** power, 1.0 - 0.5 * (2.0 - 2.0 * t) ** power)
    ease = both if rng.random() < 0.7 else 1.0 - (1.0 - t) ** power
    return start + (end - start) * ease[:, None]


def minimum_jerk(start: Path, end: Path, points: int, rng: Rng) -> Path:
    """The smoothest reach (Flash and Hogan, Journal of Neuroscience 5, 1985), on a slightly bowed path."""
    t = np.linspace(0.0, 1.0, points)
    s = 10.0 * t**3 - 15.0 * t**4 + 6.0 * t**5
    return start + (end - start) * s[:, None] + _across(start, end) * (np.sin(np.pi * s) * rng.normal(0.0, 0.08))[:, None]


def bezier(start: Path, end: Path, points: int, rng: Rng) -> Path:
    """A Bezier curve through random control points, eased out, with Gaussian distortion of some points (pyclick, HumanCursor)."""
    inner = int(rng.integers(2, 4))
    low, high = np.minimum(start, end) - 80.0, np.maximum(start, end) + 80.0
    control = np.vstack((start, rng.uniform(low, high, (inner, 2)), end))
    t = np.linspace(0.0, 1.0, points)
    t = 1.0 - (1.0 - t) ** int(rng.integers(1, 4))
    path = np.repeat(control[:, None, :], points, axis=1)
    while len(path) > 1:
        path = path[:-1] * (1.0 - t)[None, :, None] + path[1:] * t[None, :, None]
    bent: Path = path[0].copy()
    knocked = rng.random(points) < rng.uniform(0.0, 0.6)
    bent[knocked] += rng.normal(0.0, 1.0, (int(knocked.sum()), 2))
    return bent


def windmouse(start: Path, end: Path, points: int, rng: Rng) -> Path:
    """Gravity towards the goal, wind that drifts (B. J. Land's WindMouse, 2005)."""
    gravity, wind_size, near = rng.uniform(6.0, 12.0), rng.uniform(2.0, 5.0), 12.0
    most = max(6.0, 2.5 * float(np.hypot(*(end - start))) / max(points, 1))
    at, speed, wind = start.astype(np.float64), np.zeros(2), np.zeros(2)
    out = [at.copy()]
    for _ in range(4 * points):
        gap = float(np.hypot(*(end - at)))
        if gap < 1.5:
            break
        size = min(wind_size, gap)
        if gap >= near:
            wind = wind / 3.0**0.5 + rng.uniform(-1.0, 1.0, 2) * size / 5.0**0.5
        else:
            wind = wind / 3.0**0.5
            most = max(3.0, most / 5.0**0.5)
        speed = speed + wind + gravity * (end - at) / gap
        length = float(np.hypot(*speed))
        if length > most:
            speed = speed / length * (most / 2.0 + rng.random() * most / 2.0)
        at = at + speed
        out.append(at.copy())
    return np.array(out)


def lognormal_strokes(start: Path, end: Path, points: int, rng: Rng) -> Path:
    """Overlapping strokes with lognormal speed (Plamondon's kinematic theory, Biological Cybernetics 72, 1995)."""
    strokes = int(rng.integers(1, 4))
    shares = rng.dirichlet(np.full(strokes, 4.0))
    t = np.linspace(0.02, 1.0, points)
    path = np.repeat(start[None, :].astype(np.float64), points, axis=0)
    for index, share in enumerate(shares):
        begin = 0.6 * index / strokes
        rate = np.clip(t - begin, 1e-6, None)
        middle, width = np.log(0.25 / strokes**0.5), rng.uniform(0.25, 0.5)
        grown = grown_share((np.log(rate) - middle) / width)
        bow = _across(start, end) * np.sin(np.pi * grown)[:, None] * rng.normal(0.0, 0.08)
        path += (end - start) * share * grown[:, None] + bow
    return path


def perlin(start: Path, end: Path, points: int, rng: Rng) -> Path:
    """A line with smooth noise of a few octaves (OxyMouse's Perlin mover)."""
    t = np.linspace(0.0, 1.0, points)
    path = start + (end - start) * t[:, None]
    for octave in (3, 6, 12):
        knots = rng.normal(0.0, 60.0 / octave, (octave + 1, 2))
        knots[0] = knots[-1] = 0.0
        path += np.stack([np.interp(t * octave, np.arange(octave + 1), knots[:, axis]) for axis in (0, 1)], axis=1)
    return path


def gaussian_walk(start: Path, end: Path, points: int, rng: Rng) -> Path:
    """A line plus a smoothed random walk that returns to it (OxyMouse's Gaussian mover)."""
    walk = np.cumsum(rng.normal(0.0, 4.0, (points, 2)), axis=0)
    t = np.linspace(0.0, 1.0, points)[:, None]
    walk = walk - t * walk[-1]
    smooth = np.stack([np.convolve(walk[:, axis], np.ones(5) / 5.0, mode="same") for axis in (0, 1)], axis=1)
    path: Path = start + (end - start) * (t * t * (3.0 - 2.0 * t)) + smooth
    return path


MOVERS: Final[Mapping[str, Mover]] = {
    "linear": linear,
    "eased": eased,
    "minimum_jerk": minimum_jerk,
    "bezier": bezier,
    "windmouse": windmouse,
    "lognormal_strokes": lognormal_strokes,
    "perlin": perlin,
    "gaussian_walk": gaussian_walk,
}


def move(recording: Recording, mover: Mover, rng: Rng) -> Recording:
    """Return as many moves as the recording has, between places that its pointer visited, clicking where a stroke ends."""
    wanted = len(recording.t_us)
    places = np.stack((recording.x, recording.y), axis=1).astype(np.float64)
    here = places[0]
    paths: list[Path] = []
    kinds_of: list[NDArray[np.uint8]] = []
    total = 0
    per_point = rng.uniform(4.0, 30.0)
    while total < wanted:
        there = places[int(rng.integers(len(places)))]
        if np.hypot(*(there - here)) < 40.0:
            there = here + rng.normal(0.0, 250.0, 2)
        points = int(np.clip(np.hypot(*(there - here)) / per_point, 8, 60))
        path = mover(here, there, points, rng)
        kind = np.full(len(path), kinds.POINTER_MOVE, np.uint8)
        if rng.random() < 0.5:
            path = np.vstack((path, path[-1:], path[-1:]))
            kind = np.concatenate((kind, np.array((kinds.POINTER_DOWN, kinds.POINTER_UP), np.uint8)))
        paths.append(path)
        kinds_of.append(kind)
        total += len(path)
        here = there
    path, kind = np.concatenate(paths)[:wanted], np.concatenate(kinds_of)[:wanted]
    waits = _waits(wanted, recording, rng)
    pressed = kind != kinds.POINTER_MOVE
    waits[pressed] += rng.uniform(20_000.0, 120_000.0)
    pixels = np.rint(path).astype(np.int64)
    code = np.where(pressed, kinds.BUTTON_LEFT, kinds.BUTTON_NONE).astype(np.uint8)
    return Recording(np.cumsum(waits).astype(np.int64), kind, code, pixels[:, 0], pixels[:, 1])


def _waits(count: int, recording: Recording, rng: Rng) -> NDArray[np.float64]:
    """Return how long a script waits before each point: a fixed sleep, a random one, on display frames, or as a person's events came."""
    style = rng.integers(4)
    if style == 0:
        return np.maximum(rng.uniform(5_000.0, 20_000.0) + rng.normal(0.0, rng.uniform(50.0, 800.0), count), 200.0)
    if style == 1:
        low = rng.uniform(2_000.0, 12_000.0)
        return rng.uniform(low, low * rng.uniform(1.5, 4.0), count)
    if style == 2:
        return 16_667.0 * (1.0 + rng.geometric(0.9, count) - 1.0) + rng.normal(0.0, 300.0, count)
    own = np.diff(recording.t_us).astype(np.float64)
    return rng.choice(own[own < 300_000.0], count) if (own < 300_000.0).any() else np.full(count, 16_667.0)


def grown_share(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the normal distribution's share below each of `z`: how far a stroke of lognormal speed has come."""
    return np.asarray(0.5 * (1.0 + np.array([erf(one / 2.0**0.5) for one in z.ravel()]).reshape(z.shape)))


def _across(start: Path, end: Path) -> Path:
    """Return the way turned by a right angle."""
    way = end - start
    return np.array((-way[1], way[0]))
