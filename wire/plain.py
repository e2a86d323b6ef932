"""The dataclasses of `wire.schema` as plain maps and back: what msgpack and JSON carry."""

import base64
import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Return dataclasses as maps without the fields that equal their default, tuples as lists, and bytes as they are."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        plain = {}
        for name, default in _defaults(type(value)):
            item = getattr(value, name)
            if item != default or type(item) is not type(default):
                plain[name] = to_plain(item)
        return plain
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    return value


def to_json(value: Any) -> Any:
    """Return what `to_plain` does, with bytes in standard base64, ready for `json.dumps`."""
    return _base64(to_plain(value))


def from_plain(kind: type[T], plain: Any) -> T:
    """Return an instance of a dataclass from its map; bytes may come as base64 text. Unknown fields are passed over.

    Raises ValueError, naming the path, where something is missing or of another type.
    """
    return typing.cast(T, _build(kind, plain, kind.__name__))


def _build(kind: Any, plain: Any, path: str) -> Any:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(plain, Mapping):
            raise ValueError(f"{path}: expected a map, got {type(plain).__name__}")
        fields = {name: _build(hint, plain[name], f"{path}.{name}") for name, hint in _hints(kind).items() if name in plain}
        try:
            return typing.cast(Any, kind)(**fields)
        except TypeError as error:
            raise ValueError(f"{path}: {error}") from None
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _build_union(inner, plain, path)
    if origin is tuple and isinstance(plain, list | tuple):
        return tuple(_build(inner[0], item, f"{path}[{index}]") for index, item in enumerate(plain))
    if origin is dict and isinstance(plain, Mapping):
        return {_build(inner[0], key, path): _build(inner[1], item, f"{path}.{key}") for key, item in plain.items()}
    if kind is bytes and isinstance(plain, str):
        return base64.b64decode(plain, validate=True)
    if kind is float and type(plain) is int:
        return float(plain)
    if isinstance(kind, type) and type(plain) is kind:
        return plain
    raise ValueError(f"{path}: expected {getattr(kind, '__name__', kind)}, got {type(plain).__name__}")


def _build_union(choices: tuple[Any, ...], plain: Any, path: str) -> Any:
    if type(plain) in choices:
        return plain
    others = [choice for choice in choices if choice is not types.NoneType]
    if len(others) == 1:
        return _build(others[0], plain, path)
    raise ValueError(f"{path}: {type(plain).__name__} is none of the types allowed here")


@functools.cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, _default(field)) for field in dataclasses.fields(kind))


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _base64(plain: Any) -> Any:
    if isinstance(plain, bytes):
        return base64.b64encode(plain).decode()
    if isinstance(plain, list):
        return [_base64(item) for item in plain]
    if isinstance(plain, dict):
        return {key: _base64(item) for key, item in plain.items()}
    return plain
