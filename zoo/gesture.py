"""What a synthetic player does next: wait, then one input event."""

from collections.abc import Iterator
from typing import NamedTuple


class Gesture(NamedTuple):
    """One input event after `wait_s` seconds. Position in pixels."""

    wait_s: float
    kind: int
    code: int = 0
    x: int = 0
    y: int = 0


Play = Iterator[Gesture]
