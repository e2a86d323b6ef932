"""The golden vectors: made again to the byte, and read alike by the SDK's decoder and by the collector's, from msgpack and from JSON."""

import importlib.util
import json
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sdk_py.codec import pack, unpack
from wire import schema, sign
from wire.columns import decode, encode
from wire.plain import from_plain

FOLDER = Path(__file__).parents[2] / "wire" / "vectors"
KINDS: dict[str, Any] = {"hello": schema.Hello, "welcome": schema.Welcome, "batch": schema.Batch, "ack": schema.Ack}
BODIES = sorted(path.stem for path in FOLDER.glob("*.msgpack"))


def kind_of(name: str) -> Any:
    return KINDS[name.partition("-")[0]]


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_bytes())


def test_the_vectors_are_made_again_to_the_byte() -> None:
    spec = importlib.util.spec_from_file_location("make_vectors", Path(__file__).with_name("make_vectors.py"))
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert maker.files() == {path.name: path.read_bytes() for path in FOLDER.iterdir()}


@pytest.mark.parametrize("name", BODIES)
def test_both_decoders_read_both_forms_as_the_same(name: str) -> None:
    packed, text = (FOLDER / f"{name}.msgpack").read_bytes(), (FOLDER / f"{name}.json").read_bytes()
    value = unpack(kind_of(name), packed)
    assert msgspec.msgpack.decode(packed, type=kind_of(name)) == value
    assert msgspec.json.decode(text, type=kind_of(name)) == value
    assert from_plain(kind_of(name), json.loads(text)) == value


@pytest.mark.parametrize("name", BODIES)
def test_the_sdk_packs_what_the_vector_holds(name: str) -> None:
    packed = (FOLDER / f"{name}.msgpack").read_bytes()
    assert pack(unpack(kind_of(name), packed)) == packed


@pytest.mark.parametrize("case", load("columns"), ids=lambda case: case["name"])
def test_events_make_the_columns_of_the_vector(case: dict[str, Any]) -> None:
    events = [tuple(event) for event in case["events"]]
    columns = from_plain(schema.Columns, case["columns"])
    assert encode(events, case["t0_us"]) == columns
    if "carried" not in case["name"]:
        assert decode(columns, case["t0_us"]) == events


def test_the_device_of_the_vector_is_proved() -> None:
    device = load("signatures")["device"]
    message = sign.device_message(device["id"], device["counter"], bytes.fromhex(device["nonce"]))
    assert message.hex() == device["message"]
    assert sign.verify(bytes.fromhex(device["secret"]), sign.DEVICE, message, bytes.fromhex(device["mac"]))


def test_the_chain_of_the_vector_holds() -> None:
    told = load("signatures")
    prev = sign.FIRST_PREV
    for seq, link in enumerate(told["chain"], 1):
        body = bytes.fromhex(link["body"])
        assert sign.verify(bytes.fromhex(told["session"]["key"]), sign.BATCH, body, bytes.fromhex(link["signature"]))
        plain = zlib.decompress(body) if link["content_encoding"] == "deflate" else body
        batch = unpack(schema.Batch, plain)
        assert (batch.seq, batch.prev, batch.session) == (seq, prev, told["session"]["id"])
        prev = sign.digest(body)
