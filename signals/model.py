"""The model: how much each detector's word weighs, and how each score's sum is calibrated. Data, read from `model.json`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec

from signals.timing.model import BadTimingModel, TimingModel, parse_model
from signals.timing.usable import usable
from signals.types import ScoreName

DEFAULT: Final = Path(__file__).with_name("model.json")

MAX_VERSION: Final = 64


class BadModel(ValueError):
    """The model file can't be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising piecewise-linear curve through the origin: raw log-odds of a score in, calibrated log-odds out, constant beyond its ends.

    It carries calibration (isotonic regression gives such a curve), the damping of detectors that say the same twice (it flattens), and the
    most that one score may add to the risk (its ends).
    """

    curve: tuple[tuple[float, float], ...] = ((-1.0, -1.0), (0.0, 0.0), (6.0, 6.0))

    def scale(self, raw: float) -> float:
        """Return the factor that takes `raw`, and each of its parts, to calibrated log-odds."""
        points = self.curve
        if raw <= points[0][0]:
            return points[0][1] / raw if raw else 1.0
        if raw >= points[-1][0]:
            return points[-1][1] / raw if raw else 1.0
        for (x0, y0), (x1, y1) in pairwise(points):
            if raw <= x1:
                slope = (y1 - y0) / (x1 - x0)
                through_origin = x0 == 0.0 or x1 == 0.0
                return slope if through_origin else (y0 + slope * (raw - x0)) / raw
        raise AssertionError("unreachable: the ends are handled above")


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by detector name, calibration by score, and the base rate at which a value of 0.9 means nine in ten."""

    version: str
    base_rate: float
    weights: Mapping[str, float]
    scores: Mapping[ScoreName, Calibration] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    """What the fit says of itself: data digests, date, versions, figures."""
    timing: TimingModel | None = None
    """What judges rhythms and movements, a file of its own; None for the one that is shipped."""

    @property
    def base(self) -> float:
        """Log-odds of the base rate."""
        return math.log(self.base_rate / (1.0 - self.base_rate))


def load_model(path: Path | None = None, timing: Path | None = None) -> Model:
    """Return the model in a file, by default the one that is shipped, with the timing model that `countersign fit` wrote in another.

    The version names both. Raises BadModel, or OSError where there is no file.
    """
    try:
        model = msgspec.json.decode((path or DEFAULT).read_bytes(), type=Model)
    except msgspec.MsgspecError as error:
        raise BadModel(f"{path or DEFAULT.name}: {error}") from error
    if not 0.0 < model.base_rate < 1.0:
        raise BadModel("base_rate has to lie between 0 and 1")
    if wrong := [name for name, weight in model.weights.items() if not (math.isfinite(weight) and weight >= 0.0)]:
        raise BadModel(f"weights have to be finite and not negative: {', '.join(wrong)}")
    for name, calibration in model.scores.items():
        _check(name, calibration.curve)
    model = model if timing is None else _with(model, timing)
    if not 0 < len(model.version) <= MAX_VERSION:
        raise BadModel(f"the version has to have 1 to {MAX_VERSION} characters, not {model.version!r}")
    return model


def _with(model: Model, path: Path) -> Model:
    text = path.read_bytes()
    try:
        timing = usable(parse_model(text))
    except BadTimingModel as error:
        raise BadModel(f"{path}: {error}") from error
    # fits of one day may differ: what a decision was made by has to be told from its version
    return replace(model, version=f"{model.version}+{timing.version}-{sha256(text).hexdigest()[:8]}", timing=timing)


def _check(name: ScoreName, curve: tuple[tuple[float, float], ...]) -> None:
    if (0.0, 0.0) not in curve:
        raise BadModel(f"scores.{name}.curve has to pass through [0, 0]: no evidence is no evidence")
    if any(x0 >= x1 or y0 > y1 for (x0, y0), (x1, y1) in pairwise(curve)):
        raise BadModel(f"scores.{name}.curve has to rise")
    if not all(math.isfinite(number) for point in curve for number in point):
        raise BadModel(f"scores.{name}.curve has to be finite")
