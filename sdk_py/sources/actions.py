"""What happened in the game: bet, win, round_start, feature_enter, line_update, ..."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from sdk_py.buffer import Ring
from sdk_py.losses import Losses
from sdk_py.text import clean_text
from wire.limits import MAX_ATTRIBUTES, MAX_WALL_US
from wire.schema import Action, Scalar

CAPACITY: Final = 2048

_Told = tuple[int, str, float | None, str | None, Mapping[str, Any]]


class Actions:
    """A ring of actions."""

    def __init__(self, now: Callable[[], int], losses: Losses, capacity: int = CAPACITY) -> None:
        self.ring: Ring[_Told] = Ring(capacity, lambda count: losses.add("overflow_actions", count))
        self._now = now
        self._losses = losses

    def tell(self, name: str, amount: float | None, round: str | None, extra: Mapping[str, Any]) -> None:
        """Keep one action, with the time of now."""
        self.ring.put((self._now(), name, amount, round, extra))

    def take(self, most: int) -> list[Action]:
        """Remove and return up to `most` actions; one that cannot be told as such is counted as `invalid`."""
        taken: list[Action] = []
        for told in self.ring.take(most):
            try:
                taken.append(_clean(*told))
            except (TypeError, ValueError, OverflowError):
                self._losses.add("invalid")
        return taken


def _clean(t_ns: int, name: str, amount: float | None, round: str | None, extra: Mapping[str, Any]) -> Action:
    return Action(
        t_us=t_ns // 1000,
        name=clean_text(name),
        amount=None if amount is None else _finite(float(amount)),
        round=None if round is None else clean_text(round),
        extra={clean_text(key): _scalar(value) for key, value in list(extra.items())[:MAX_ATTRIBUTES]},
    )


def _scalar(value: Any) -> Scalar:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, int):
        return int(value) if abs(value) <= MAX_WALL_US else float(value)
    return clean_text(value)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("JSON has no word for it, and some collector may store JSON")
    return value
