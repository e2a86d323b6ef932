"""The fitted timing model: tables and curves per channel, as data in `model.json`, written by `countersign fit`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from signals.timing.additive import Curves
from signals.timing.content import Tables

DEFAULT: Final = Path(__file__).with_name("model.json")


class BadTimingModel(ValueError):
    """The timing model's file can't be used; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """What judges one channel: tables where content tells, and curves by window size, smallest first."""

    names: tuple[str, ...]
    groups: tuple[str, ...]
    curves: tuple[Curves, ...]
    tables: Tables | None = None

    def for_size(self, size: int) -> Curves | None:
        """Return the curves that judge a window of `size`, None where it is too small."""
        fitting = None
        for curves in self.curves:
            if curves.least <= size:
                fitting = curves
        return fitting


@dataclass(frozen=True, slots=True, eq=False)
class TimingModel:
    """All channels, and where they come from."""

    version: str
    date: str
    data: Mapping[str, str] = field(default_factory=dict)
    """File name to SHA-256."""
    versions: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)

    @property
    def card(self) -> dict[str, dict[str, float]]:
        """The model's own report card: `channel/smallest window` to the figures of the cross-validation in its fit."""
        return {
            f"{name}/{curves.least}": curves.card for name, channel in self.channels.items() for curves in channel.curves if curves.card
        }


def dump_model(model: TimingModel) -> bytes:
    """Return the model as indented JSON: the same model gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(model, enc_hook=_to_lists, order="sorted"), indent=0) + b"\n"


def parse_model(text: bytes) -> TimingModel:
    """Return the model that `dump_model` wrote. Raises BadTimingModel."""
    try:
        return msgspec.json.decode(text, type=TimingModel, dec_hook=_to_array)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise BadTimingModel(str(error)) from error


@cache
def shipped() -> TimingModel:
    """Return the model that comes with the package, read once."""
    return parse_model(DEFAULT.read_bytes())


def _to_lists(value: object) -> object:
    if isinstance(value, np.ndarray):
        return [[round(float(number), 4) for number in row] for row in value]
    raise NotImplementedError(f"a model can't hold a {type(value).__name__}")


def _to_array(_type: type, value: Any) -> object:
    return np.array(value, np.float64)
