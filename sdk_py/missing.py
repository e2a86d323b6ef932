"""The expected error of a source: a reading that is not to be had here, and why."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sdk_py.guard import Guard

DENIED: Final = "denied"
ABSENT: Final = "absent"
UNSUPPORTED: Final = "unsupported"
FAILED: Final = "failed"


class Missing(Exception):
    """Raised by a reading that has nothing to say; `reason` is one of the four of the contract."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Reading = tuple[str, Callable[[], Any]]
"""(field name, what reads it)."""


def read_all(readings: Sequence[Reading], guard: Guard) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values that could be read, and for the others why not. Never raises."""
    values: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for name, read in readings:
        missing[name] = FAILED
        with guard:
            try:
                values[name] = read()
                del missing[name]
            except Missing as error:
                missing[name] = error.reason
            except PermissionError:
                missing[name] = DENIED
            except FileNotFoundError:
                missing[name] = ABSENT
            except OSError:
                missing[name] = FAILED
    return values, missing
