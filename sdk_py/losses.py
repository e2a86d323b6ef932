"""What was lost, counted by reason until it can be reported."""

import threading
from collections.abc import Mapping


class Losses:
    """A ledger that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[str, int] = {}
        self._total: dict[str, int] = {}

    def add(self, reason: str, count: int = 1) -> None:
        """Count a loss."""
        if count <= 0:
            return
        with self._lock:
            self._due[reason] = self._due.get(reason, 0) + count
            self._total[reason] = self._total.get(reason, 0) + count

    def take(self) -> dict[str, int]:
        """Return what has not been reported yet, and consider it reported."""
        with self._lock:
            due, self._due = self._due, {}
        return due

    def give_back(self, counts: Mapping[str, int]) -> None:
        """Put back what was taken and never arrived."""
        with self._lock:
            for reason, count in counts.items():
                self._due[reason] = self._due.get(reason, 0) + count

    @property
    def total(self) -> dict[str, int]:
        """Everything lost since the start, reported or not."""
        with self._lock:
            return dict(self._total)

    def forget(self) -> None:
        """Begin anew, as in a forked child."""
        self._lock = threading.Lock()
        self._due, self._total = {}, {}
