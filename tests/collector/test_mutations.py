"""Mutated bodies, thousands of them: whatever comes, the answer is no 5xx, and every one has exactly one fate."""

import asyncio
import random
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wire import headers, schema, sign

VECTORS = Path(__file__).parents[2] / "wire" / "vectors"
STRANGE: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**53 + 1, 2**63 - 1, 2**64 - 1, -(2**63), 1e308, float("nan"), float("-inf"), "", "x" * 300, "a\0b",
    "../../etc/passwd", "'; DROP TABLE batches; --", "{{7*7}}", b"", b"\0" * 31, b"\xff" * 32, b"\xff" * 4096, [], [[]], {}, {"": None},
    {"v": 1}, [{}] * 40, {str(number): number for number in range(40)},
)  # fmt: skip


class Door:
    """Talks ASGI to the application, with nothing in between that could fail by itself."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def post(self, path: str, described: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
            "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("192.0.2.9", 1), "server": ("collector", 80),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in described.items()],
        }  # fmt: skip
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])
        answer: dict[str, Any] = {"body": b""}

        async def receive() -> dict[str, Any]:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer["status"], answer["headers"] = message["status"], message["headers"]
            else:
                answer["body"] += message.get("body", b"")

        await self._app(scope, receive, send)
        return answer["status"], {name.decode(): value.decode() for name, value in answer["headers"]}, answer["body"]


def seeds(kind: type[Any]) -> list[dict[str, Any]]:
    """Return the golden bodies of a kind, and one that has a bit of everything, as plain maps."""
    name = kind.__name__.lower()
    found = [msgspec.msgpack.decode(path.read_bytes()) for path in sorted(VECTORS.glob(f"{name}*.msgpack"))]
    facts = schema.DeviceFacts(os="linux", cores=8, mac_prefixes=("aa:bb:cc",), refresh_hz=59.9, missing={"gpu": "absent"})
    integrity = schema.IntegrityFacts(traced=False, trace_hooks=("coverage",), code_digest=bytes(32))
    if kind is schema.Hello:
        whole: Any = schema.Hello(1, "slots", "1.4.0", "raw/1", bytes(16), schema.ClockPair(1, 2), facts, integrity)
    else:
        whole = schema.Batch(
            1, "", 1, b"", schema.ClockPair(5_000_000, 1_760_000_005_000_000), 0,
            schema.Columns(b"\x10\x27\0\0" * 30, b"\x03" * 30, bytes(30), b"\x01\0" * 30, b"\xff\xff" * 30), b"\x40\x41\0\0" * 30,
            (schema.Action(1, "bet", 5.0, "r-17", {"line": 3}),), facts, integrity,
            schema.AssetReport((schema.AssetDigest("a.png", 3, bytes(32)),), True), (schema.ProbeAnswer("0.0", bytes(32)),), {"late": 3},
        )  # fmt: skip
    return [*found, msgspec.to_builtins(whole, builtin_types=(bytes,))]


def restructured(chance: random.Random, value: Any, odds: float = 0.08) -> Any:
    """Return the value with some of its parts replaced, dropped, doubled or renamed."""
    if chance.random() < odds:
        return chance.choice(STRANGE)
    if isinstance(value, dict):
        changed = {}
        for key, entry in value.items():
            draw = chance.random()
            if draw > 0.03:
                changed["x" + key if draw > 0.98 else key] = restructured(chance, entry, odds)
        return changed
    if isinstance(value, list | tuple):
        entries = [restructured(chance, entry, odds) for entry in value]
        return entries * chance.choice((1, 1, 1, 2, 50)) if len(entries) < 40 else entries
    if isinstance(value, int) and not isinstance(value, bool) and chance.random() < odds:
        return max(-(2**63), min(2**64 - 1, chance.choice((value + 1, -value, value << 20, value - 1))))
    if isinstance(value, bytes) and value and chance.random() < odds:
        return value[: chance.randrange(len(value))]
    return value


def scratched(chance: random.Random, raw: bytes) -> bytes:
    """Return the bytes with a few of them flipped, cut, put in or doubled."""
    changed = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                changed[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 2:
                del changed[at : at + chance.randrange(1, 40)]
            case 3:
                changed[at:at] = changed[at : at + chance.randrange(64)]
            case _ if at < len(changed):
                changed[at] = chance.choice(b'\x00\x80\x90\x9f\xc1\xc4\xc6\xc7\xdb\xdc\xdd\xde\xdf\xff[{"')
    return bytes(changed)


def encoded(chance: random.Random, value: Any) -> tuple[bytes, str]:
    """Return the value in one of the two formats."""
    if chance.random() < 0.25:
        body = msgspec.json.encode(value)
        if chance.random() < 0.1:
            body = body.replace(b":1", b":" + b"9" * chance.choice((25, 400, 9000)), 1)
        return body, headers.JSON
    return msgspec.msgpack.encode(value), headers.MSGPACK


class Attack:
    """A client with a session of its own, whose bodies are mutated before or after they are signed."""

    def __init__(self, door: Door, make_player: Callable[[], Any], seed: int) -> None:
        self.door = door
        self.chance = random.Random(seed)
        self.make = make_player
        self.player: Any = None
        self.answers: Counter[tuple[str, int, str]] = Counter()
        self._batches = seeds(schema.Batch)
        self._hellos = seeds(schema.Hello)

    async def run(self, count: int) -> None:
        await self.open()
        for _ in range(count):
            await (self.batch() if self.chance.random() < 0.8 else self.hello())

    async def open(self) -> None:
        self.player = self.make()
        described, body = self.player.hello()
        status, _, answer = await self.door.post("/v1/sessions", described, body)
        assert status == 201, answer
        self.player.welcomed(answer)

    async def batch(self) -> None:
        chance, player = self.chance, self.player
        plain = {**chance.choice(self._batches), "session": player.welcome.session, "seq": player.seq + 1, "prev": player.prev}
        body, media = encoded(chance, restructured(chance, plain) if chance.random() < 0.5 else plain)
        if chance.random() < 0.5:
            body = scratched(chance, body)
        encoding = ""
        if chance.random() < 0.4:
            body, encoding = zlib.compress(body), headers.DEFLATE
            if chance.random() < 0.3:
                body = scratched(chance, body)
        described = player.signed(body, encoding, media)
        if chance.random() < 0.1:
            body = scratched(chance, body)
        if chance.random() < 0.1:
            name = chance.choice(list(described))
            described[name] = scratched(chance, described[name].encode()).decode("latin-1").replace("\r", "").replace("\n", "")
        status, answer = await self.send("/v1/batches", described, body)
        if status == 200 and not self.read(answer).duplicate:
            player.seq, player.prev = player.seq + 1, sign.digest(body)
        elif status in (409, 410):
            await self.open()

    def read(self, answer: bytes) -> schema.Ack:
        return (msgspec.json if answer[:1] == b"{" else msgspec.msgpack).decode(answer, type=schema.Ack)

    async def hello(self) -> None:
        chance = self.chance
        body, media = encoded(chance, restructured(chance, chance.choice(self._hellos), 0.04))
        if chance.random() < 0.4:
            body = scratched(chance, body)
        await self.send("/v1/sessions", {"authorization": f"Bearer {self.player.key}", "content-type": media}, body)

    async def send(self, path: str, described: dict[str, str], body: bytes) -> tuple[int, bytes]:
        status, answered, answer = await self.door.post(path, described, body)
        assert status < 500, (status, answer, described, body)
        code = ""
        if status >= 400:
            assert answered["content-type"] == headers.PROBLEM
            code = msgspec.json.decode(answer)["code"]
        self.answers[path, status, code] += 1
        return status, answer


def counted(service: Any) -> int:
    return sum(
        int(sample.value)
        for metric in service.registry.collect()
        if metric.name == "countersign_outcomes"
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    "bodies", [pytest.param(1_200, id="1,200 bodies"), pytest.param(24_000, id="24,000 bodies", marks=pytest.mark.slow)]
)
async def test_no_body_is_answered_with_a_5xx_and_each_has_one_fate(inside, raw_player, bodies) -> None:
    attacks = [Attack(Door(inside.app), lambda: raw_player(inside.keys["client"]), seed) for seed in range(8)]
    await asyncio.gather(*(attack.run(bodies // 8) for attack in attacks))
    answers = sum((attack.answers for attack in attacks), Counter())
    opened = counted(inside.service) - answers.total()
    assert answers.total() == bodies // 8 * 8
    assert opened >= 8, "what was sent is what was counted, and the hellos that opened sessions besides"
    codes = {code for _, _, code in answers}
    wanted = {"", "malformed", "invalid", "bad_signature", "bad_compression", "unknown_version", "unknown_session"}
    assert codes >= wanted, f"mutations no longer reach {wanted - codes}"
    accepted = sum(count for (path, status, _), count in answers.items() if path == "/v1/batches" and status == 200)
    assert accepted > bodies / 50, "mutations no longer reach what comes after the edge"
