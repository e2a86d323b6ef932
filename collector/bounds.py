"""Counts and ranges of what was decoded: what wire/limits.py says and types can't."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from collector.problems import Problem
from wire import kinds, limits, sign
from wire.schema import Batch, Hello

MAX_SPAN_US: Final = 24 * 3600 * 1_000_000
"""From the first event of a batch to its last."""
_MAX_INT: Final = limits.MAX_WALL_US
_MANY: Final = {
    "actions": limits.MAX_ACTIONS,
    "files": limits.MAX_ASSETS,
    "probes": limits.MAX_PROBES,
    "extra": limits.MAX_ATTRIBUTES,
    "lost": limits.MAX_ATTRIBUTES,
}
"""Entries of each collection by its name; `limits.MAX_LIST` of any other."""
_OPTIONAL: Final = tuple((name, _MANY.get(name, limits.MAX_LIST)) for name in ("actions", "facts", "integrity", "assets", "probes", "lost"))
"""Parts of a batch that most batches come without; the others are checked one by one."""
_KINDS: Final = bytes(range(kinds.FIRST_KIND, kinds.LAST_KIND + 1))
_SHORT: Final = b"\x00"
"""Highest byte of a delta below 2**24 µs; as many of them as a column may hold stay below a day."""


def check_hello(hello: Hello) -> None:
    """Raise Problem `unknown_version` or `invalid` unless the hello keeps to the limits."""
    _version(hello.v)
    check(hello)
    _size(hello.nonce, 16, "$.nonce")
    _digest(hello.integrity.code_digest, "$.integrity.code_digest")
    if hello.device is not None:
        _size(hello.device.mac, sign.DIGEST_SIZE, "$.device.mac")
        _within(hello.device.counter, 0, _MAX_INT, "$.device.counter")
    _clock(hello.clock.mono_us, hello.clock.wall_us)
    for name in ("game", "build", "sdk"):
        if not getattr(hello, name):
            raise _invalid("is empty", f"$.{name}")


def check_batch(batch: Batch) -> None:
    """Raise Problem `unknown_version` or `invalid` unless the batch keeps to the limits."""
    _version(batch.v)
    for name, many in _OPTIONAL:
        if value := getattr(batch, name):
            check(value, f"$.{name}", many)
    _within(batch.seq, 1, limits.MAX_SEQ, "$.seq")
    _size(batch.prev, sign.DIGEST_SIZE, "$.prev")
    _clock(batch.clock.mono_us, batch.clock.wall_us)
    _within(batch.t0_us, 0, limits.MAX_WALL_US, "$.t0_us")
    _columns(batch)
    for index, action in enumerate(batch.actions):
        _within(action.t_us, 0, limits.MAX_WALL_US, f"$.actions[{index}].t_us")
    if batch.integrity is not None:
        _digest(batch.integrity.code_digest, "$.integrity.code_digest")
    for index, answer in enumerate(batch.probes):
        _digest(answer.digest, f"$.probes[{index}].digest")
    for index, file in enumerate(batch.assets.files if batch.assets else ()):
        _size(file.sha256, sign.DIGEST_SIZE, f"$.assets.files[{index}].sha256")
        _within(file.size, 0, _MAX_INT, f"$.assets.files[{index}].size")
    for reason, count in batch.lost.items():
        _within(count, 0, _MAX_INT, f"$.lost.{reason[:40]}")


def _columns(batch: Batch) -> None:
    columns = batch.input
    events = len(columns.kind)
    if events > limits.MAX_EVENTS:
        raise _invalid(f"more than {limits.MAX_EVENTS} events", "$.input.kind")
    for name, width in (("dt", 4), ("code", 1), ("dx", 2), ("dy", 2)):
        if len(getattr(columns, name)) != width * events:
            raise _invalid(f"{events} kinds need {width * events} bytes here", f"$.input.{name}")
    if events:
        if columns.kind.translate(None, _KINDS):
            raise _invalid(f"kinds go from {kinds.FIRST_KIND} to {kinds.LAST_KIND}", "$.input.kind")
        _span(columns.dt, "$.input.dt")
    if len(batch.frames) % 4 or len(batch.frames) > 4 * limits.MAX_FRAMES:
        raise _invalid(f"at most {limits.MAX_FRAMES} frames of 4 bytes", "$.frames")
    if batch.frames:
        _span(batch.frames, "$.frames")


def _span(deltas: bytes, path: str) -> None:
    if deltas[3::4].translate(None, _SHORT) and int(np.frombuffer(deltas, "<u4").sum(dtype=np.uint64)) > MAX_SPAN_US:
        raise _invalid("spans more than a day", path)


def check(value: Any, path: str = "$", many: int = limits.MAX_LIST, text: int = limits.MAX_TEXT, named: Mapping[str, int] = _MANY) -> None:
    """Raise Problem `invalid` for a text too long or with a NUL, too many entries, or a number that neither JSON nor a store can hold.

    A collection that is a field has at most what `named` says of its name, else `limits.MAX_LIST`; with no names, all have at most `many`.
    """
    kind: Any = type(value)
    if kind is bytes or value is None or kind is bool:
        return
    if kind is str:
        if len(value) > text or "\0" in value:
            raise _invalid(f"texts have at most {text} characters, and no NUL", path)
    elif kind is int:
        if not -_MAX_INT <= value <= _MAX_INT:
            raise _invalid(f"numbers stay within ±{_MAX_INT}", path)
    elif kind is float:
        if not math.isfinite(value):
            raise _invalid("is not a number", path)
    elif is_dataclass(value):
        for name in _names(kind):
            check(getattr(value, name), f"{path}.{name}", named.get(name, limits.MAX_LIST if named else many), text, named)
    elif isinstance(value, Mapping):
        if len(value) > many:
            raise _invalid(f"at most {many} entries", path)
        for key, entry in value.items():
            check(key, path, many, text, named)
            check(entry, f"{path}.{key}", many, text, named)
    elif len(value) > many:
        raise _invalid(f"at most {many} entries", path)
    else:
        for index, entry in enumerate(value):
            check(entry, f"{path}[{index}]", many, text, named)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _version(version: int) -> None:
    if version != limits.VERSION:
        raise Problem(422, "unknown_version", f"this collector speaks version {limits.VERSION}, not {str(version)[:20]}")


def _clock(mono_us: int, wall_us: int) -> None:
    _within(mono_us, 0, limits.MAX_WALL_US, "$.clock.mono_us")
    _within(wall_us, 0, limits.MAX_WALL_US, "$.clock.wall_us")


def _within(value: int, low: int, high: int, path: str) -> None:
    if not low <= value <= high:
        raise _invalid(f"goes from {low} to {high}", path)


def _size(value: bytes, size: int, path: str) -> None:
    if len(value) != size:
        raise _invalid(f"has {size} bytes", path)


def _digest(value: bytes | None, path: str) -> None:
    if value is not None:
        _size(value, sign.DIGEST_SIZE, path)


def _invalid(detail: str, path: str) -> Problem:
    return Problem(422, "invalid", detail, path=path)
