"""People who tap one key or button as fast or as evenly as they can: the honest neighbour of every metronome.

Each interval is a timekeeper's, plus the difference of two motor delays (Wing and Kristofferson, "Response delays and the timing of
discrete motor responses", Perception & Psychophysics 14, 1973); the timekeeper drifts like 1/f noise (Gilden, Thornton and Mallon, Science
267, 1995) and people rest now and then. Together single intervals vary by 5 to 15 %. Synthetic.
"""

import numpy as np

from wire import kinds
from zoo.timing import Intervals, Recording, Rng


def intervals(count: int, rng: Rng) -> Intervals:
    """Return `count` intervals in µs."""
    middle = float(np.exp(rng.uniform(np.log(110_000.0), np.log(600_000.0))))
    motor, drift = rng.uniform(0.1, 0.4), rng.uniform(0.2, 0.5)
    parts = ((1.0 - motor - drift, rng.normal(size=count)), (motor, np.diff(rng.normal(size=count + 1))), (drift, _pink(count, rng)))
    noise = sum(np.sqrt(share) * part / part.std() for share, part in parts)
    rests = (rng.random(count) < rng.uniform(0.0, 0.03)) * rng.lognormal(13.1, 0.6, count)
    return np.asarray(middle * np.exp(rng.uniform(0.05, 0.15) * noise) + rests)


def _pink(count: int, rng: Rng) -> Intervals:
    """Return 1/f noise."""
    waves = np.fft.rfft(rng.normal(size=2 * count))
    return np.fft.irfft(waves / np.sqrt(np.maximum(np.arange(len(waves)), 1.0)))[:count]


def tap(recording: Recording, rng: Rng) -> Recording:
    """Return as many presses and releases of one key or button, at one place, as were recorded."""
    press = np.flatnonzero(np.isin(recording.kind, (kinds.KEY_DOWN, kinds.POINTER_DOWN)))
    down = np.concatenate(([0.0], np.cumsum(intervals(len(press) - 1, rng))))
    middle = rng.uniform(45_000.0, 90_000.0)
    held = np.clip(middle * np.exp(rng.normal(0.0, rng.uniform(0.08, 0.25), len(press))), 10_000.0, np.append(np.diff(down), np.inf) * 0.9)
    t_us = np.concatenate((down, down + held))
    order = np.argsort(t_us, kind="stable")
    one = recording.kind[press[:1]]
    kind = np.repeat(np.concatenate((one, one + np.uint8(1))), len(press))
    rows = np.full(2 * len(press), press[0])
    return Recording(t_us[order].astype(np.int64), kind[order], recording.code[rows], recording.x[rows], recording.y[rows])
