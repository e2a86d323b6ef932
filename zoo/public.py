"""Public mouse movers, where they are installed: each a path from its own package, played the way its authors play it.

`cursory` 2 (bends recorded trajectories to new ends, with times of its own), `windmouse` 1 (B. J. Land's WindMouse, 2005) and
HumanCursor 1 (a Bezier curve with distortion, after pyclick). HumanCursor's package wants a display when it is imported, so only
the file of its curve is loaded. OxyMouse can't be installed beside this project's command line. None of them is ever in a fit.
"""

import importlib
import importlib.util
import random
from collections.abc import Callable, Mapping
from pathlib import Path as File
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from wire import kinds
from zoo.timing import Recording

Path = NDArray[np.float64]
Rng = np.random.Generator
Travel = Callable[[Path, Path, Rng], tuple[Path, NDArray[np.float64]]]
"""From, to, randomness in; the points and how long (µs) the mover waits before each out."""

_CURVE = File("utilities") / "human_curve_generator.py"


def installed() -> Mapping[str, Travel]:
    """Return the movers whose packages are there."""
    return {f"public_{name}": travel for name, make in _PACKAGES.items() if (travel := make())}


def missing() -> list[str]:
    """Return the packages that are not there, so that no row speaks for them."""
    return [name for name in _PACKAGES if f"public_{name}" not in installed()]


def play(recording: Recording, travel: Travel, rng: Rng) -> Recording:
    """Return as many events as the recording has, between places that its pointer visited, clicking where a movement ends."""
    wanted = len(recording.t_us)
    places = np.stack((recording.x, recording.y), axis=1).astype(np.float64)
    places -= places.min(axis=0) - 200.0
    here = places[0]
    paths, waits, kinds_of = [], [], []
    total = 0
    while total < wanted:
        there = places[int(rng.integers(len(places)))]
        if np.hypot(*(there - here)) < 60.0:
            there = np.abs(here + rng.normal(0.0, 300.0, 2)) + 5.0
        path, wait = travel(np.rint(here), np.rint(there), rng)
        wait[0] += rng.uniform(50_000.0, 500_000.0)
        kind = np.full(len(path), kinds.POINTER_MOVE, np.uint8)
        if rng.random() < 0.5:
            path = np.vstack((path, path[-1:], path[-1:]))
            wait = np.concatenate((wait, rng.uniform(30_000.0, 120_000.0, 2)))
            kind = np.concatenate((kind, np.array((kinds.POINTER_DOWN, kinds.POINTER_UP), np.uint8)))
        paths.append(path)
        waits.append(wait)
        kinds_of.append(kind)
        total += len(path)
        here = there
    pixels, kind = np.rint(np.concatenate(paths)[:wanted]).astype(np.int64), np.concatenate(kinds_of)[:wanted]
    code = np.where(kind != kinds.POINTER_MOVE, kinds.BUTTON_LEFT, kinds.BUTTON_NONE).astype(np.uint8)
    return Recording(np.cumsum(np.concatenate(waits)[:wanted]).astype(np.int64), kind, code, pixels[:, 0], pixels[:, 1])


def _cursory() -> Travel | None:
    module = _module("cursory")
    if module is None:
        return None

    def travel(start: Path, end: Path, rng: Rng) -> tuple[Path, NDArray[np.float64]]:
        points, times = module.generate_trajectory(tuple(start.tolist()), tuple(end.tolist()), seed=int(rng.integers(2**31)))
        return np.array(points, np.float64), np.diff(np.array(times, np.float64) * 1_000.0, prepend=0.0)

    return travel


def _windmouse() -> Travel | None:
    module = _module("windmouse.core")
    if module is None:
        return None

    def travel(start: Path, end: Path, rng: Rng) -> tuple[Path, NDArray[np.float64]]:
        np.random.seed(int(rng.integers(2**31)))
        path = np.array(list(module.wind_mouse(*start.tolist(), *end.tolist())), np.float64)
        return path, 10_000.0 + rng.exponential(100.0, len(path))

    return travel


def _humancursor() -> Travel | None:
    spec = importlib.util.find_spec("humancursor")
    if spec is None or spec.origin is None:
        return None
    of = importlib.util.spec_from_file_location("human_curve_generator", File(spec.origin).parent / _CURVE)
    if of is None or of.loader is None:
        return None
    module = importlib.util.module_from_spec(of)
    try:
        of.loader.exec_module(module)
    except (ImportError, OSError):
        return None

    def travel(start: Path, end: Path, rng: Rng) -> tuple[Path, NDArray[np.float64]]:
        random.seed(int(rng.integers(2**31)))
        np.random.seed(int(rng.integers(2**31)))
        count = int(rng.integers(40, 120))
        curve = module.HumanizeMouseTrajectory([int(v) for v in start], [int(v) for v in end], target_points=count)
        path = np.array(curve.points, np.float64)
        return path, np.full(len(path), rng.uniform(0.5, 2.0) * 1e6 / len(path)) + rng.exponential(100.0, len(path))

    return travel


def _module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_PACKAGES: Mapping[str, Callable[[], Travel | None]] = {"cursory": _cursory, "windmouse": _windmouse, "humancursor": _humancursor}
