"""Whatever the SDK packs, the collector's decoder reads as the same, and the other way round."""

import contextlib
import dataclasses
import json
import types
import typing
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdk_py.codec import pack, unpack
from wire import schema
from wire.plain import from_plain, to_json, to_plain

TYPES = [schema.Hello, schema.Welcome, schema.Batch, schema.Ack]
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=10),
    bytes: st.binary(max_size=20),
    bool: st.booleans(),
    types.NoneType: st.none(),
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return values of a type of the contract."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return st.builds(kind, **{name: any_of(hint) for name, hint in typing.get_type_hints(kind).items()})
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(any_of, inner))
    if origin is tuple:
        return st.lists(any_of(inner[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(any_of(inner[0]), any_of(inner[1]), max_size=3)
    return LEAVES[kind]


STRATEGIES = {kind: any_of(kind) for kind in TYPES}


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_the_sdk_packs_the_collector_reads(kind: Any, data: st.DataObject) -> None:
    value = data.draw(STRATEGIES[kind])
    assert msgspec.msgpack.decode(pack(value), type=kind) == value


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_the_collector_packs_the_sdk_reads(kind: Any, data: st.DataObject) -> None:
    value = data.draw(STRATEGIES[kind])
    assert unpack(kind, msgspec.msgpack.encode(value)) == value


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_json_carries_the_same(kind: Any, data: st.DataObject) -> None:
    value = data.draw(STRATEGIES[kind])
    text = json.dumps(to_json(value))
    assert msgspec.json.decode(text, type=kind) == value
    assert from_plain(kind, json.loads(text)) == value


def test_what_equals_its_default_is_left_out() -> None:
    assert to_plain(schema.Ack(1, 2, 3)) == {"seq": 1, "server_us": 2, "interval_ms": 3}
    assert to_plain(schema.DeviceFacts(hypervisor=False, container="")) == {"hypervisor": False, "container": ""}


def test_fields_of_a_later_version_are_passed_over() -> None:
    assert from_plain(schema.Ack, {"seq": 1, "server_us": 2, "interval_ms": 3, "later": True}) == schema.Ack(1, 2, 3)


@pytest.mark.parametrize(
    ("plain", "path"),
    [
        ({"seq": 1, "server_us": 2}, "Ack: "),
        ([], "Ack: "),
        ({"seq": "1", "server_us": 2, "interval_ms": 3}, "Ack.seq: "),
        ({"seq": True, "server_us": 2, "interval_ms": 3}, "Ack.seq: "),
        ({"seq": 1, "server_us": 2, "interval_ms": 3, "probes": [{"id": 5}]}, r"Ack.probes\[0\].id: "),
        ({"seq": 1, "server_us": 2, "interval_ms": 3, "token": 5}, "Ack.token: "),
    ],
)
def test_what_does_not_fit_is_refused_by_its_path(plain: Any, path: str) -> None:
    with pytest.raises(ValueError, match=path):
        from_plain(schema.Ack, plain)


@given(st.binary(max_size=200))
def test_bytes_that_are_none_of_ours_are_a_value_error(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        unpack(schema.Ack, body)
