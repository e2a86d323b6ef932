"""What machine this is: the platform's own words, and what the game can tell of its display."""

import datetime
import locale
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from sdk_py.guard import Guard
from sdk_py.missing import ABSENT, Missing, Reading, read_all
from sdk_py.platforms import READINGS as PLATFORM
from sdk_py.text import clean_text
from wire.limits import MAX_LIST
from wire.schema import DeviceFacts


def _or_absent(value: Any) -> Any:
    if not value:
        raise Missing(ABSENT)
    return value


def _locale() -> str:
    named = locale.getlocale()[0] or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return str(_or_absent(named.partition(".")[0]))


def _utc_offset_min() -> int:
    offset = datetime.datetime.now().astimezone().utcoffset()
    if offset is None:
        raise Missing(ABSENT)
    return round(offset.total_seconds() / 60)


def _untold() -> Any:
    raise Missing(ABSENT)


READINGS: Final[tuple[Reading, ...]] = (
    ("os", lambda: _or_absent(platform.system())),
    ("os_version", lambda: _or_absent(platform.release())),
    ("arch", lambda: _or_absent(platform.machine())),
    ("cores", lambda: _or_absent(os.cpu_count())),
    *PLATFORM,
    ("locale", _locale),
    ("utc_offset_min", _utc_offset_min),
    ("frozen", lambda: bool(getattr(sys, "frozen", False))),
    ("python", lambda: f"{platform.python_implementation()} {platform.python_version()}"),
    ("gpu", _untold),
    ("display_width", _untold),
    ("display_height", _untold),
    ("refresh_hz", _untold),
)


def read_device(guard: Guard) -> DeviceFacts:
    """Return what this platform tells. Never raises."""
    values, missing = read_all(READINGS, guard)
    return DeviceFacts(**{name: _cut(value) for name, value in values.items()}, missing=missing)


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    return value[:MAX_LIST] if isinstance(value, tuple) else value


class Device:
    """Reads once; what the game tells later is laid over it."""

    def __init__(self, guard: Guard, read: Callable[[], DeviceFacts] | None = None) -> None:
        self._read = read or (lambda: read_device(guard))
        self._facts: DeviceFacts | None = None
        self._told: dict[str, Any] = {}
        self._reported: DeviceFacts | None = None

    def tell(self, **told: Any) -> None:
        """Take the word of the game for `gpu`, `display_driver`, `display_width`, `display_height` or `refresh_hz`."""
        self._told = {**self._told, **{name: _cut(value) for name, value in told.items() if value is not None}}

    def read(self) -> DeviceFacts:
        """Return the facts of the moment, and consider them reported."""
        if self._facts is None:
            self._facts = self._read()
        told = self._told
        missing = {name: why for name, why in self._facts.missing.items() if name not in told}
        self._reported = replace(self._facts, **told, missing=missing)
        return self._reported

    def changed(self) -> DeviceFacts | None:
        """Return the facts if they are others than those reported last."""
        before = self._reported
        now = self.read()
        return None if now == before else now
