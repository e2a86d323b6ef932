"""Make the golden vectors of the contract, the same to the byte each time:

    python -m tests.contract.make_vectors

Everything in them is made up.
"""

import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

from sdk_py.codec import pack
from wire import kinds, sign
from wire.columns import Event, encode, encode_times
from wire.plain import to_json
from wire.schema import (
    Ack,
    Action,
    AssetDigest,
    AssetReport,
    Batch,
    ClockPair,
    DeviceFacts,
    DeviceProof,
    Hello,
    IntegrityFacts,
    IssuedDevice,
    Probe,
    ProbeAnswer,
    Welcome,
)

FOLDER = Path(__file__).parents[2] / "wire" / "vectors"
SESSION = "s_AAECAwQFBgcICQoLDA0O"
SESSION_KEY = hashlib.sha256(b"session key").digest()
DEVICE = "d_Dw4NDAsKCQgHBgUEAwIB"
DEVICE_SECRET = hashlib.sha256(b"device secret").digest()
NONCE = bytes(range(16))
COUNTER = 7
WALL_US = 1_767_225_600_000_000
MONO_US = 5_000_000_000
CLOCK = ClockPair(MONO_US, WALL_US)

KEYS: list[Event] = [
    (MONO_US + at_us, kind, code, 0, 0)
    for at_us, kind, code in [
        (12_000, kinds.KEY_DOWN, 3),
        (98_512, kinds.KEY_UP, 3),
        (161_007, kinds.KEY_DOWN, kinds.KEY_SPACE),
        (161_007, kinds.KEY_DOWN, 6),
        (240_333, kinds.KEY_UP, kinds.KEY_SPACE),
        (302_250, kinds.KEY_UP, 6),
        (4_902_250, kinds.KEY_DOWN, kinds.KEY_ENTER),
    ]
]
POINTER: list[Event] = [
    (MONO_US + at_us, kind, code, x, y)
    for at_us, kind, code, x, y in [
        (0, kinds.POINTER_MOVE, kinds.BUTTON_NONE, 640, 360),
        (16_667, kinds.POINTER_MOVE, kinds.BUTTON_NONE, 652, 351),
        (33_333, kinds.POINTER_MOVE, kinds.BUTTON_NONE, 700, 340),
        (50_000, kinds.POINTER_DOWN, kinds.BUTTON_LEFT, 700, 340),
        (83_333, kinds.POINTER_MOVE, kinds.BUTTON_LEFT, 690, 345),
        (133_333, kinds.POINTER_UP, kinds.BUTTON_LEFT, 690, 345),
        (150_000, kinds.KEY_DOWN, kinds.KEY_SHIFT, 690, 345),
        (200_000, kinds.WHEEL, kinds.BUTTON_OTHER, 690, 345),
        (300_000, kinds.TOUCH_DOWN, kinds.BUTTON_LEFT, -3, 2000),
        (350_000, kinds.PAD, kinds.BUTTON_NONE, -3, 2000),
    ]
]
FACTS = DeviceFacts(
    os="Windows",
    os_version="11",
    arch="AMD64",
    cpu="Example CPU 3000",
    hypervisor=False,
    cores=8,
    memory_mb=16_384,
    vendor="Example",
    product="Laptop 5",
    mac_prefixes=("00:53:00",),
    gpu="Example Renderer",
    display_driver="windows",
    display_width=1920,
    display_height=1080,
    refresh_hz=59.94,
    locale="pt_PT",
    timezone="Europe/Lisbon",
    utc_offset_min=60,
    frozen=True,
    python="CPython 3.13.1",
    missing={"hypervisor_vendor": "absent", "container": "unsupported"},
)
INTEGRITY = IntegrityFacts(
    traced=False,
    trace_hooks=("example.tracer",),
    preloaded=("libexample.so",),
    code_digest=hashlib.sha256(b"code").digest(),
    missing={"import_hooks": "failed"},
)


def batch(seq: int = 1, prev: bytes = sign.FIRST_PREV, **further: Any) -> Batch:
    """Return a batch of the example session."""
    return Batch(v=1, session=SESSION, seq=seq, prev=prev, clock=CLOCK, t0_us=MONO_US, **further)


def proof() -> DeviceProof:
    """Return the proof of the example device."""
    return DeviceProof(DEVICE, COUNTER, sign.sign(DEVICE_SECRET, sign.DEVICE, sign.device_message(DEVICE, COUNTER, NONCE)))


def bodies() -> dict[str, Any]:
    """Return the bodies by name; what comes before the first hyphen is the type."""
    hello = {"v": 1, "game": "slots", "build": "1.4.0", "sdk": "example/1.0", "nonce": NONCE, "clock": CLOCK}
    probe = Probe("0.1", "reels/strips.json", 64, 32, b"salt of 16 bytes")
    welcome = Welcome(1, SESSION, "token", SESSION_KEY, WALL_US, 5000, 2048)
    digest = hashlib.sha256(b"asset").digest()
    return {
        "hello-least": Hello(**hello),
        "hello-whole": Hello(**hello, facts=FACTS, integrity=INTEGRITY, device=proof()),
        "welcome": welcome,
        "welcome-new_device": Welcome(1, SESSION, "token", SESSION_KEY, WALL_US, 5000, 2048, IssuedDevice(DEVICE, DEVICE_SECRET), (probe,)),
        "batch-empty": batch(),
        "batch-keys": batch(input=encode(KEYS, MONO_US)),
        "batch-pointer": batch(input=encode(POINTER, MONO_US), frames=encode_times([MONO_US + 16_667 * n for n in range(1, 22)], MONO_US)),
        "batch-actions": batch(
            actions=(
                Action(MONO_US + 10, "round_start", round="r-17"),
                Action(MONO_US + 20, "bet", 2.5, "r-17", {"lines": 20, "auto": False, "theme": "été", "bonus": None, "rtp": 0.96}),
            ),
            assets=AssetReport((AssetDigest("reels/strips.json", 4096, digest),), done=True),
            probes=(ProbeAnswer("0.1", hashlib.sha256(probe.salt + b"x" * 32).digest()), ProbeAnswer("0.2", error="missing")),
            lost={"overflow": 12, "error": 1},
        ),
        "batch-facts": batch(facts=FACTS, integrity=IntegrityFacts(traced=True)),
        "ack": Ack(1, WALL_US, 5000),
        "ack-whole": Ack(1, WALL_US, 2500, True, "fresh token", "c_AAECAwQFBgcICQoLDA0O", (probe,)),
    }


def columns() -> list[dict[str, Any]]:
    """Return events and the columns that they make."""
    carried: list[Event] = [(MONO_US, 3, 0, 40_000, -40_000), (MONO_US + 2**32 + 99, 3, 0, 40_000, -40_000)]
    return [
        {"name": name, "t0_us": MONO_US, "events": events, "columns": to_json(encode(events, MONO_US))}
        for name, events in [("keys", KEYS), ("pointer", POINTER), ("none", [])]
    ] + [{"name": "clipped and carried over", "t0_us": MONO_US, "events": carried, "columns": to_json(encode(carried, MONO_US))}]


def signatures() -> dict[str, Any]:
    """Return a device's proof, and a chain of three batches as they are sent, the second one deflated."""
    chain: list[dict[str, Any]] = []
    prev = sign.FIRST_PREV
    for seq in (1, 2, 3):
        plain = pack(batch(seq, prev, input=encode(KEYS, MONO_US)))
        # stored, not compressed: every deflate library writes this the same
        body = zlib.compress(plain, 0) if seq == 2 else plain
        encoding = "deflate" if seq == 2 else None
        signature = sign.sign(SESSION_KEY, sign.BATCH, body).hex()
        chain.append({"seq": seq, "prev": prev.hex(), "content_encoding": encoding, "body": body.hex(), "signature": signature})
        prev = sign.digest(body)
    message = sign.device_message(DEVICE, COUNTER, NONCE)
    return {
        "device": {
            "id": DEVICE,
            "counter": COUNTER,
            "nonce": NONCE.hex(),
            "secret": DEVICE_SECRET.hex(),
            "derived_key": sign.derive(DEVICE_SECRET, sign.DEVICE).hex(),
            "message": message.hex(),
            "mac": proof().mac.hex(),
        },
        "session": {"id": SESSION, "key": SESSION_KEY.hex(), "derived_key": sign.derive(SESSION_KEY, sign.BATCH).hex()},
        "chain": chain,
    }


def files() -> dict[str, bytes]:
    """Return every file of the folder by its name."""
    made: dict[str, bytes] = {"columns.json": _json(columns()), "signatures.json": _json(signatures())}
    for name, body in bodies().items():
        made[f"{name}.msgpack"] = pack(body)
        made[f"{name}.json"] = _json(to_json(body))
    return made


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)
