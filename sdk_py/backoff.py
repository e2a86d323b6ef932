"""How long to wait after a failure: exponential with full jitter, so that clients do not come back all at once."""

import random
from collections.abc import Callable


class Backoff:
    """Delays in seconds, each drawn between half of and the whole of a bound that doubles up to `most`."""

    def __init__(self, first: float = 1.0, most: float = 60.0, draw: Callable[[], float] = random.random) -> None:
        self._first, self._most, self._draw = first, most, draw
        self._failures = 0

    def next(self) -> float:
        """Return the delay after one more failure."""
        bound = min(self._first * 2.0 ** min(self._failures, 30), self._most)
        self._failures += 1
        return bound * (0.5 + 0.5 * self._draw())

    def reset(self) -> None:
        """Say that something went well."""
        self._failures = 0
