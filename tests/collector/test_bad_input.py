"""What bad input gets: a problem document with a stable code, counted once, and nothing of it taken in."""

import zlib
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from collector.ratelimit import Limiter
from collector.roles import Role
from collector.store.base import Overloaded
from collector.store.tables import batches, rejects
from wire import headers, limits, schema

pytestmark = pytest.mark.anyio
PLAIN = {"content-type": headers.MSGPACK}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def clock(frozen_clock):
    return frozen_clock()


@pytest.fixture(scope="module")
async def inside(tmp_path_factory, clock, start_in_process, anyio_backend):
    """One collector for all of these tests: none of them may break it for the next."""
    async with start_in_process(tmp_path_factory.mktemp("data"), clock) as running:
        yield running


@pytest.fixture
async def player(inside, raw_player):
    """A player whose session is open, with one batch taken."""
    made = raw_player(inside.keys["client"])
    described, body = made.hello()
    made.welcomed((await inside.client.post("/v1/sessions", headers=described, content=body)).content)
    described, body = made.next()
    assert (await inside.client.post("/v1/batches", headers=described, content=body)).status_code == 200
    return made


async def refused(inside, path: str, described: dict[str, str], body: bytes, status: int, code: str) -> dict[str, Any]:
    """Send, and return the problem document that comes back as expected; the refusal is counted exactly once."""
    before = fates(inside)
    answer = await inside.client.post(path, headers=described, content=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert answer.headers["content-type"] == headers.PROBLEM
    assert problem["status"] == status
    assert "Traceback" not in answer.text
    assert sum(fates(inside).values()) == sum(before.values()) + 1
    return problem


def fates(inside) -> dict[tuple[str, str, str], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for metric in inside.service.registry.collect()
        if metric.name == "countersign_outcomes"
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


def new_fates(inside, before) -> dict[tuple[str, str, str], float]:
    return {fate: count - before.get(fate, 0) for fate, count in fates(inside).items() if count != before.get(fate, 0)}


async def taken(inside, player) -> int:
    query = select(func.count().label("n")).where(batches.c.session == player.welcome.session)
    return (await inside.service.store.one(query))["n"]


def nested(depth: int) -> bytes:
    return b"\x91" * depth + b"\xc0"


def pack(value: Any) -> bytes:
    return msgspec.msgpack.encode(value)


MALFORMED = {
    "nothing": (b"", "", 400, "malformed"),
    "noise": (b"\xc1\xc1\xc1", "", 400, "malformed"),
    "cut short": (pack(schema.Batch(1, "s", 1, b"", schema.ClockPair(1, 1), 1))[:-3], "", 400, "malformed"),
    "something after it": (pack(schema.Batch(1, "s", 1, b"", schema.ClockPair(1, 1), 1)) + b"x", "", 400, "malformed"),
    "deeply nested": (nested(100_000 // 2), "", 400, "too_deep"),
    "nested one level too deep": (pack({"v": 1, "junk": [[[[[[[[1]]]]]]]]}), "", 400, "too_deep"),
    "no deflate": (b"not compressed at all", headers.DEFLATE, 400, "bad_compression"),
    "deflate cut short": (zlib.compress(bytes(1000))[:-4], headers.DEFLATE, 400, "bad_compression"),
    "garbage after deflate": (zlib.compress(b"\xc0") + b"tail", headers.DEFLATE, 400, "bad_compression"),
    "a bomb": (zlib.compress(bytes(50_000_000), 9), headers.DEFLATE, 413, "too_large"),
    "a bomb in a bomb": (zlib.compress(zlib.compress(bytes(50_000_000), 9), 9), headers.DEFLATE, 422, "invalid"),
    "too large": (bytes(limits.MAX_BODY + 1), "", 413, "too_large"),
    "another kind of value": (pack([1, 2, 3]), "", 422, "invalid"),
    "fields missing": (pack({"v": 1}), "", 422, "invalid"),
    "another version": (pack({"v": 2, "anything": True}), "", 422, "unknown_version"),
    "a map with numbers for keys": (pack({1: 2, 3: 4}), "", 422, "invalid"),
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_body_gets_its_code(inside, player, case) -> None:
    body, encoding, status, code = MALFORMED[case]
    await refused(inside, "/v1/batches", player.signed(body, encoding), body, status, code)


@pytest.mark.parametrize("case", sorted(MALFORMED.keys() - {"something after it"}))
async def test_a_malformed_hello_gets_the_same_code(inside, player, case) -> None:
    body, encoding, status, code = MALFORMED[case]
    described = {"authorization": f"Bearer {player.key}", **PLAIN, **({"content-encoding": encoding} if encoding else {})}
    await refused(inside, "/v1/sessions", described, body, status, code)


def columns(events: int, **changes: Any) -> dict[str, Any]:
    sizes = {"dt": 4, "kind": 1, "code": 1, "dx": 2, "dy": 2}
    return {**{name: b"\x01" * size * events for name, size in sizes.items()}, **changes}


WRONG = {
    "a text for a number": ({"seq": "2"}, "$.seq"),
    "a number for bytes": ({"prev": 7}, "$.prev"),
    "a list for a map": ({"clock": [1, 2]}, "$.clock"),
    "inside a list": ({"actions": [{"t_us": 1, "name": "bet"}, {"t_us": 2, "name": 5}]}, "$.actions[1].name"),
    "a number below its range": ({"seq": 0}, "$.seq"),
    "a number above its range": ({"seq": 2**31}, "$.seq"),
    "a number that no store holds": ({"t0_us": 2**64 - 1}, "$.t0_us"),
    "a clock before time began": ({"clock": {"mono_us": -1, "wall_us": 1}}, "$.clock.mono_us"),
    "a digest of another size": ({"prev": b"short"}, "$.prev"),
    "columns of other lengths": (
        {"input": {"kind": b"\x01\x01", "dt": bytes(8), "code": bytes(1), "dx": bytes(4), "dy": bytes(4)}},
        "$.input.code",
    ),
    "a kind that there is not": (
        {"input": {"kind": b"\x0b", "dt": bytes(4), "code": bytes(1), "dx": bytes(2), "dy": bytes(2)}},
        "$.input.kind",
    ),
    "kind nought": ({"input": columns(1, kind=b"\0")}, "$.input.kind"),
    "more events than allowed": ({"input": columns(limits.MAX_EVENTS + 1)}, "$.input.kind"),
    "frames that are no whole number": ({"frames": b"123"}, "$.frames"),
    "events that span days": (
        {"input": {"kind": b"\x03" * 99, "dt": b"\xff" * 396, "code": bytes(99), "dx": bytes(198), "dy": bytes(198)}},
        "$.input.dt",
    ),
    "too many actions": ({"actions": [{"t_us": 1, "name": "x"}] * (limits.MAX_ACTIONS + 1)}, "$.actions"),
    "too many attributes": ({"actions": [{"t_us": 1, "name": "x", "extra": {str(n): 1 for n in range(17)}}]}, "$.actions[0].extra"),
    "a text too long": ({"actions": [{"t_us": 1, "name": "x" * 257}]}, "$.actions[0].name"),
    "a text with a NUL": ({"actions": [{"t_us": 1, "name": "a\0b"}]}, "$.actions[0].name"),
    "not a number": ({"actions": [{"t_us": 1, "name": "x", "amount": float("nan")}]}, "$.actions[0].amount"),
    "infinity": ({"actions": [{"t_us": 1, "name": "x", "amount": float("inf")}]}, "$.actions[0].amount"),
    "losses below nought": ({"lost": {"overflow": -1}}, "$.lost.overflow"),
    "an asset's digest of another size": ({"assets": {"files": [{"path": "a", "size": 1, "sha256": b"x"}]}}, "$.assets.files[0].sha256"),
    "another session than the header": ({"session": "s_other"}, "$.session"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_is_wrong_is_named_by_its_path(inside, player, case) -> None:
    change, path = WRONG[case]
    body = pack({**msgspec.to_builtins(player.batch(), builtin_types=(bytes,)), **change})
    problem = await refused(inside, "/v1/batches", player.signed(body), body, 422, "invalid")
    assert problem["path"] == path


async def test_nothing_of_what_was_refused_is_taken_in_and_the_chain_goes_on(inside, player) -> None:
    for change, _ in WRONG.values():
        body = pack({**msgspec.to_builtins(player.batch(), builtin_types=(bytes,)), **change})
        assert (await inside.client.post("/v1/batches", headers=player.signed(body), content=body)).status_code == 422
    assert await taken(inside, player) == 1
    described, body = player.next()
    assert (await inside.client.post("/v1/batches", headers=described, content=body)).status_code == 200


async def test_a_batch_without_a_signature_is_refused(inside, player) -> None:
    _, body = player.next()
    for absent in (headers.SIGNATURE, headers.SESSION):
        described = {name: value for name, value in player.signed(body).items() if name != absent}
        await refused(inside, "/v1/batches", described, body, 401, "missing_signature")


@pytest.mark.parametrize("signature", ["00" * 32, "zz", "é", "00", "ab" * 4000])
async def test_a_foreign_signature_is_refused(inside, player, signature) -> None:
    described, body = player.next()
    raw = {**described, headers.SIGNATURE: signature.encode("latin-1")}
    await refused(inside, "/v1/batches", raw, body, 401, "bad_signature")


async def test_the_signature_of_another_session_is_refused(inside, player, raw_player) -> None:
    other = raw_player(player.key)
    described, body = other.hello()
    other.welcomed((await inside.client.post("/v1/sessions", headers=described, content=body)).content)
    described, body = player.next()
    foreign = {**described, headers.SIGNATURE: other.signed(body)[headers.SIGNATURE]}
    await refused(inside, "/v1/batches", foreign, body, 401, "bad_signature")


async def test_a_batch_altered_on_its_way_is_refused(inside, player) -> None:
    described, body = player.next()
    await refused(inside, "/v1/batches", described, body[:-1] + bytes([body[-1] ^ 1]), 401, "bad_signature")


@pytest.mark.parametrize("session", ["s_nobody", "a b", "x" * 5000, "s'; DROP TABLE batches; --", "../../etc"])
async def test_an_unknown_session_is_told_so(inside, player, session) -> None:
    described, body = player.next()
    await refused(inside, "/v1/batches", {**described, headers.SESSION: session}, body, 404, "unknown_session")


async def test_a_number_that_was_taken_is_acknowledged_again_if_it_is_the_same(inside, player) -> None:
    before = fates(inside)
    described, body = player.next()
    for duplicate in (False, True, True):
        answer = await inside.client.post("/v1/batches", headers=described, content=body)
        assert msgspec.msgpack.decode(answer.content, type=schema.Ack).duplicate is duplicate
    assert await taken(inside, player) == 2
    assert new_fates(inside, before) == {("batch", "accepted", ""): 1, ("batch", "duplicate", ""): 2}


async def test_an_older_number_is_acknowledged_again_too(inside, player) -> None:
    before = fates(inside)
    older = player.next()
    for described, body in (older, player.next(), older):
        assert (await inside.client.post("/v1/batches", headers=described, content=body)).status_code == 200
    assert new_fates(inside, before)["batch", "duplicate", ""] == 1


async def test_a_taken_number_with_another_content_is_refused(inside, player) -> None:
    for seq in (1, 2):
        described, body = player.next() if seq == 2 else ({}, b"")
        if body:
            await inside.client.post("/v1/batches", headers=described, content=body)
        altered = pack(player.batch(seq=seq, t0_us=77))
        problem = await refused(inside, "/v1/batches", player.signed(altered), altered, 409, "batch_altered")
        assert problem["expected"] == seq + 1


async def test_a_gap_is_refused_and_says_what_is_expected(inside, player) -> None:
    body = pack(player.batch(seq=5))
    assert (await refused(inside, "/v1/batches", player.signed(body), body, 409, "batch_gap"))["expected"] == 2


async def test_a_batch_that_does_not_follow_the_one_before_is_refused(inside, player) -> None:
    body = pack(player.batch(prev=bytes(32)))
    assert (await refused(inside, "/v1/batches", player.signed(body), body, 409, "chain_broken"))["expected"] == 2


async def test_a_session_that_is_over_takes_nothing_more(inside, player, clock) -> None:
    clock.advance(inside.service.settings.session_hours * 3600 + 1)
    described, body = player.next()
    await refused(inside, "/v1/batches", described, body, 410, "session_expired")


async def test_a_media_type_or_encoding_that_is_not_spoken_is_refused(inside, player) -> None:
    described, body = player.next()
    await refused(inside, "/v1/batches", {**described, "content-type": "text/html"}, body, 415, "unsupported_media")
    await refused(inside, "/v1/batches", {**described, "content-encoding": "br"}, body, 415, "unsupported_encoding")


async def test_a_hello_needs_a_clients_key(inside, player) -> None:
    _, body = player.hello()
    revoked = await inside.service.keys.create(Role.CLIENT)
    await inside.service.keys.recognise(revoked.text)
    await inside.service.keys.revoke(revoked.id)
    for authorization, status, code in (
        (None, 401, "missing_key"),
        ("Basic eDp5", 401, "missing_key"),
        (f"Bearer {inside.keys['operator']}", 403, "wrong_role"),
        ("Bearer ck_" + "x" * 32, 401, "unknown_key"),
        (f"Bearer {revoked.text}", 401, "unknown_key"),
    ):
        described = PLAIN if authorization is None else {**PLAIN, "authorization": authorization}
        await refused(inside, "/v1/sessions", described, body, status, code)


async def test_an_admins_key_opens_every_door(inside, player) -> None:
    described, body = player.hello()
    sent = {**described, "authorization": f"Bearer {inside.keys['admin']}"}
    assert (await inside.client.post("/v1/sessions", headers=sent, content=body)).status_code == 201


async def test_json_is_taken_for_the_same_shapes(inside, raw_player) -> None:
    player = raw_player(inside.keys["client"])
    described, body = player.hello()
    as_json = msgspec.json.encode(msgspec.msgpack.decode(body, type=schema.Hello))
    answer = await inside.client.post("/v1/sessions", headers={**described, "content-type": headers.JSON}, content=as_json)
    player.welcome = msgspec.json.decode(answer.content, type=schema.Welcome)
    body = msgspec.json.encode(player.batch())
    answer = await inside.client.post("/v1/batches", headers=player.signed(body, media=headers.JSON), content=body)
    assert answer.json()["seq"] == 1
    body = b'{"v":1,"deep":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    await refused(inside, "/v1/batches", player.signed(body, media=headers.JSON), body, 400, "too_deep")
    body = b'{"v":1,"text":"' + b"[" * 100 + b'"}'
    await refused(inside, "/v1/batches", player.signed(body, media=headers.JSON), body, 422, "invalid")
    body = b'{"v": 1'
    await refused(inside, "/v1/batches", player.signed(body, media=headers.JSON), body, 400, "malformed")


@pytest.mark.parametrize("wall_us", [0, 1, 4_000_000_000_000_000, limits.MAX_WALL_US])
async def test_a_clock_far_off_is_evidence_and_no_reason_to_refuse(inside, raw_player, wall_us) -> None:
    player = raw_player(inside.keys["client"])
    described, body = player.hello(clock=schema.ClockPair(1, wall_us))
    answer = await inside.client.post("/v1/sessions", headers=described, content=body)
    assert answer.status_code == 201
    player.welcomed(answer.content)
    described, body = player.next(clock=schema.ClockPair(2, wall_us))
    assert (await inside.client.post("/v1/batches", headers=described, content=body)).status_code == 200


async def test_rejected_batches_are_kept_with_their_reason_up_to_a_bound(inside, player, monkeypatch) -> None:
    await inside.service.rejects.write()
    monkeypatch.setattr(inside.service.rejects, "_bound", 5)
    for number in range(9):
        body = pack({"v": 1, "number": number})
        await refused(inside, "/v1/batches", player.signed(body), body, 422, "invalid")
        await inside.service.rejects.write()
    kept = await inside.service.store.all(select(rejects).order_by(rejects.c.id))
    assert [msgspec.msgpack.decode(row["body"])["number"] for row in kept] == [4, 5, 6, 7, 8]
    assert {row["code"] for row in kept} == {"invalid"}
    assert {row["session"] for row in kept} == {player.welcome.session}


async def test_an_unexpected_error_says_nothing_about_itself(inside, player, monkeypatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret is 42")

    monkeypatch.setattr(inside.service.sessions, "remember", broken)
    described, body = player.next()
    with capture_logs() as logs:
        answer = await inside.client.post("/v1/batches", headers=described, content=body)
    assert [(log["event"], log["exc_info"]) for log in logs] == [("unexpected error", True)]
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "42" not in answer.text
    monkeypatch.undo()
    assert (await inside.client.post("/v1/batches", headers=described, content=body)).status_code == 200


async def test_too_many_calls_are_told_when_to_come_back(inside, player, monkeypatch) -> None:
    before = fates(inside)
    monkeypatch.setattr(inside.service, "limiter", Limiter(key="", session="3/minute", address=""))
    for _ in range(3):
        described, body = player.next()
        assert (await inside.client.post("/v1/batches", headers=described, content=body)).status_code == 200
    described, body = player.next()
    answer = await inside.client.post("/v1/batches", headers=described, content=body)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert new_fates(inside, before)["batch", "shed", "rate_limited"] == 1


async def test_what_the_queue_has_no_room_for_is_shed(inside, player, monkeypatch) -> None:
    before = fates(inside)

    async def full(*_: object) -> None:
        raise Overloaded

    monkeypatch.setattr(inside.service.store, "commit", full)
    described, body = player.next()
    answer = await inside.client.post("/v1/batches", headers=described, content=body)
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert int(answer.headers["retry-after"]) >= 1
    assert new_fates(inside, before) == {("batch", "shed", "overloaded"): 1}
    monkeypatch.undo()
    assert (await inside.client.post("/v1/batches", headers=described, content=body)).status_code == 200
