"""How a session opens and goes on: devices, builds, tokens, probes, and collectors that share a store."""

import asyncio
import hashlib
import json

import msgspec
import pytest
from sqlalchemy import select

from collector import session_token
from collector.builds import Manifest, ManifestFile, ManifestProbe
from collector.problems import Problem
from collector.secrets import Secrets
from collector.store.base import Write
from collector.store.tables import batches, devices, outbox, sessions, snapshots
from signals.history import dump
from wire import schema, sign

pytestmark = pytest.mark.anyio


@pytest.fixture
def player(inside, raw_player):
    return raw_player(inside.keys["client"])


async def open_session(inside, player, **changes) -> schema.Welcome:
    described, body = player.hello(**changes)
    answer = await inside.client.post("/v1/sessions", headers=described, content=body)
    assert answer.status_code == 201, answer.text
    return player.welcomed(answer.content)


async def report(inside, player, **changes) -> schema.Ack:
    described, body = player.next(**changes)
    answer = await inside.client.post("/v1/batches", headers=described, content=body)
    assert answer.status_code == 200, answer.text
    return msgspec.msgpack.decode(answer.content, type=schema.Ack)


async def device_row(inside, id: str):
    return await inside.service.store.one(select(devices).where(devices.c.id == id))


async def told(inside, type: str) -> list[dict]:
    rows = await inside.service.store.all(select(outbox.c.body).where(outbox.c.type == type).order_by(outbox.c.id))
    return [json.loads(row["body"])["data"] for row in rows]


async def test_a_device_is_issued_once_and_known_from_then_on(inside, player) -> None:
    first = await open_session(inside, player)
    again = await open_session(inside, player)
    assert first.device is not None
    assert again.device is None
    row = await device_row(inside, first.device.id)
    assert (row["sessions"], row["counter"], row["cloned"], row["forged"]) == (2, 1, 0, 0)
    live = await inside.service.sessions.current(again.session)
    assert live.device.known


async def test_a_counter_that_comes_twice_shows_a_copy(inside, player, raw_player) -> None:
    await open_session(inside, player)
    copy = raw_player(player.key)
    copy.device, copy.counter = player.device, player.counter
    await open_session(inside, player)
    welcome = await open_session(inside, copy)
    assert welcome.device is None
    assert (await device_row(inside, player.device.id))["cloned"] == 1
    assert (await inside.service.sessions.current(welcome.session)).device.cloned == 1


async def test_one_of_many_hellos_with_the_same_counter_is_the_first(inside, player) -> None:
    await open_session(inside, player)
    hellos = []
    for _ in range(5):
        player.counter = 6
        hellos.append(player.hello())
    answers = await asyncio.gather(*(inside.client.post("/v1/sessions", headers=described, content=body) for described, body in hellos))
    served = [answer.status_code for answer in answers]
    assert set(served) <= {201, 503}
    row = await device_row(inside, player.device.id)
    assert row["cloned"] == served.count(201) - 1


async def test_a_forged_proof_weighs_on_who_sent_it_and_not_on_the_device_it_names(inside, player, raw_player) -> None:
    await open_session(inside, player)
    forger = raw_player(player.key)
    forger.device = schema.IssuedDevice(player.device.id, b"guessed" * 5)
    welcome = await open_session(inside, forger)
    assert welcome.device is not None
    assert welcome.device.id != player.device.id
    assert (await device_row(inside, player.device.id))["forged"] == 0
    assert (await device_row(inside, welcome.device.id))["forged"] == 1
    assert (await inside.service.sessions.current(welcome.session)).device.forged == 1


async def test_a_device_that_nobody_knows_gets_a_new_identity(inside, player) -> None:
    player.device = schema.IssuedDevice("d_from_elsewhere", bytes(32))
    welcome = await open_session(inside, player)
    assert welcome.device is not None
    assert (await device_row(inside, welcome.device.id))["forged"] == 0


async def test_no_secret_is_stored(inside, player) -> None:
    welcome = await open_session(inside, player)
    secrets = (welcome.key, welcome.device.secret, player.key.encode())
    stored = b"".join([path.read_bytes() for path in inside.service.settings.data.glob("countersign.db*")])
    assert not [secret for secret in secrets if secret in stored or secret.hex().encode() in stored]


async def test_a_build_that_is_not_registered_is_taken_or_refused_as_the_settings_say(inside, player) -> None:
    await open_session(inside, player, build="9.9.9")
    await inside.service.builds.put("slots", "1.4.0", Manifest((ManifestFile("a", 1, bytes(32)),)))
    await open_session(inside, player, build="9.9.9")
    inside.service.settings.unknown_build = "reject"
    described, body = player.hello(build="9.9.9")
    answer = await inside.client.post("/v1/sessions", headers=described, content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_build")
    await open_session(inside, player, build="1.4.0")
    await open_session(inside, player, game="another game", build="1")


async def test_a_token_names_its_session_until_it_expires(inside, player, clock) -> None:
    welcome = await open_session(inside, player)
    secrets, now_us = inside.service.secrets, clock.wall_us()
    assert session_token.verify(secrets, welcome.token, now_us) == welcome.session
    with pytest.raises(Problem) as problem:
        session_token.verify(secrets, welcome.token, now_us + 16 * 60_000_000)
    assert problem.value.code == "token_expired"


@pytest.mark.parametrize("spoil", ["", "x", "a.b.c", "{}.{}.{}", "é" * 40, "x" * 5000, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzIn0."])
async def test_a_token_that_was_not_made_here_is_invalid(inside, spoil) -> None:
    with pytest.raises(Problem) as problem:
        session_token.verify(inside.service.secrets, spoil, 0)
    assert problem.value.code == "token_invalid"


def test_tokens_outlive_a_new_master_key_and_not_a_foreign_one() -> None:
    old, foreign = Secrets((bytes(32),)), Secrets((b"f" * 32,))
    token = session_token.issue(old, "s_1", 0, 60)
    assert session_token.verify(Secrets((bytes(32), b"n" * 32)), token, 0) == "s_1"
    for other in (foreign, Secrets((b"n" * 32, bytes(32)))):
        with pytest.raises(Problem):
            session_token.verify(other, token, 0)


async def test_a_fresh_token_comes_before_the_old_one_expires(inside, player, clock) -> None:
    await open_session(inside, player)
    assert (await report(inside, player)).token is None
    clock.advance(inside.service.settings.token_minutes * 60 * 0.6)
    fresh = (await report(inside, player)).token
    assert session_token.verify(inside.service.secrets, fresh, clock.wall_us()) == player.welcome.session


FILE = bytes(range(256)) * 8
SALTS = [bytes([number]) * 16 for number in range(6)]
MANIFEST = Manifest(
    (
        ManifestFile("reels.png", len(FILE), hashlib.sha256(FILE).digest()),
        ManifestFile("sounds/win.ogg", 3, hashlib.sha256(b"win").digest()),
    ),
    tuple(ManifestProbe("reels.png", 100, 50, salt, hashlib.sha256(salt + FILE[100:150]).digest()) for salt in SALTS),
)


def answers(probes: tuple[schema.Probe, ...], file: bytes = FILE) -> tuple[schema.ProbeAnswer, ...]:
    return tuple(
        schema.ProbeAnswer(probe.id, hashlib.sha256(probe.salt + file[probe.offset : probe.offset + probe.length]).digest())
        for probe in probes
    )


@pytest.fixture
async def registered(inside):
    await inside.service.builds.put("slots", "1.4.0", MANIFEST)


async def files_of(inside, player):
    return (await inside.service.sessions.current(player.welcome.session)).memory.history.files


async def test_probes_are_asked_and_right_answers_pass(inside, player, registered) -> None:
    welcome = await open_session(inside, player)
    assert len(welcome.probes) == 2
    await report(inside, player, probes=answers(welcome.probes))
    found = await files_of(inside, player)
    assert (found.probes_passed, found.probes_failed) == (2, 0)
    assert await told(inside, "integrity.violated") == []


async def test_a_wrong_answer_is_a_violation_told_once(inside, player, registered) -> None:
    welcome = await open_session(inside, player)
    await report(inside, player, probes=answers(welcome.probes, bytes(3000)))
    await report(inside, player)
    found = await files_of(inside, player)
    assert found.probes_failed == 2
    assert [event["violations"] for event in await told(inside, "integrity.violated")] == [["failed_probe"]]


async def test_an_answer_to_another_question_counts_for_nothing(inside, player, registered) -> None:
    await open_session(inside, player)
    await report(
        inside, player, probes=(schema.ProbeAnswer("7.7", bytes(32)), schema.ProbeAnswer("0.0", bytes(32)), schema.ProbeAnswer("0.0"))
    )
    found = await files_of(inside, player)
    assert (found.probes_passed, found.probes_failed) == (0, 1)


async def test_what_is_not_answered_in_a_minute_is_counted_and_other_questions_follow(inside, player, registered, clock) -> None:
    await open_session(inside, player)
    clock.advance(30)
    assert (await report(inside, player)).probes == ()
    clock.advance(31)
    asked = (await report(inside, player)).probes
    assert [probe.id for probe in asked] == ["1.0", "1.1"]
    assert (await files_of(inside, player)).probes_unanswered == 2
    await report(inside, player, probes=answers(asked))
    assert (await files_of(inside, player)).probes_passed == 2


async def test_an_acknowledgement_that_was_lost_brings_its_questions_again(inside, player, registered, clock) -> None:
    await open_session(inside, player)
    clock.advance(61)
    described, body = player.next()
    first, again = [
        msgspec.msgpack.decode((await inside.client.post("/v1/batches", headers=described, content=body)).content, type=schema.Ack)
        for _ in range(2)
    ]
    assert again.duplicate
    assert first.probes == again.probes != ()


async def test_assets_are_compared_with_the_manifest_whatever_batch_they_come_in(inside, player, registered) -> None:
    await open_session(inside, player)
    altered = schema.AssetDigest("reels.png", 3, bytes(32))
    await report(inside, player, assets=schema.AssetReport((altered, schema.AssetDigest("mod.dll", 3, bytes(32)))))
    await report(inside, player, assets=schema.AssetReport((), done=True))
    found = await files_of(inside, player)
    assert (found.altered, found.unexpected, found.missing, found.done) == (1, 1, 1, True)
    events = await told(inside, "integrity.violated")
    assert [event["violations"] for event in events] == [["altered_asset"], ["altered_asset", "missing_asset"]]
    assert events[1]["paths"] == ["reels.png", "sounds/win.ogg"]


async def test_whoever_has_either_of_two_valid_manifests_is_whole(inside, player, registered) -> None:
    patched = Manifest((ManifestFile("reels.png", 1, b"p" * 32), MANIFEST.files[1]), MANIFEST.probes)
    await inside.service.builds.put("slots", "1.4.0", patched)
    welcome = await open_session(inside, player)
    assert welcome.probes == (), "what is probed has one right answer in every manifest"
    report_of = tuple(schema.AssetDigest(file.path, file.size, file.sha256) for file in patched.files)
    await report(inside, player, assets=schema.AssetReport(report_of, done=True))
    found = await files_of(inside, player)
    assert (found.matched, found.altered, found.missing) == (2, 0, 0)


async def test_an_attached_tracer_is_told_with_the_first_batch(inside, player) -> None:
    await open_session(inside, player, integrity=schema.IntegrityFacts(traced=True))
    await report(inside, player)
    await report(inside, player)
    assert [event["violations"] for event in await told(inside, "integrity.violated")] == [["traced"]]


async def test_scores_are_told_at_first_and_then_every_few_seconds(inside, player, clock) -> None:
    await open_session(inside, player)
    for _ in range(10):
        await report(inside, player)
        clock.advance(inside.service.settings.score_seconds / 4)
    assert [event["seq"] for event in await told(inside, "device.scored")] == [1, 5, 9]


async def test_snapshots_are_seldom_and_memory_comes_back_from_them(inside, player, key_presses) -> None:
    inside.service.settings.snapshot_every = 4
    await open_session(inside, player)
    for number in range(10):
        await report(inside, player, input=key_presses(20, number))
    assert [(row["seq"]) for row in await inside.service.store.all(select(snapshots))] == [8]
    before = await inside.service.sessions.current(player.welcome.session)
    inside.service.sessions.forget(player.welcome.session)
    after = await inside.service.sessions.current(player.welcome.session)
    assert after is not before
    assert (after.seq, after.digest, after.snapshot_seq) == (10, before.digest, 8)
    assert dump(after.memory.history) == dump(before.memory.history)


async def test_a_broken_snapshot_is_rebuilt_from_the_journal(inside, player) -> None:
    inside.service.settings.snapshot_every = 2
    await open_session(inside, player)
    for _ in range(3):
        await report(inside, player)
    broken = snapshots.update().values(history=b"\x92\xc4\x01\x00\xc0")
    await inside.service.store.commit(Write(broken, expect=1))
    inside.service.sessions.forget(player.welcome.session)
    assert (await report(inside, player)).seq == 4
    assert (await inside.service.store.one(select(snapshots)))["seq"] == 4


async def test_collectors_that_share_a_store_take_turns(tmp_path, database, raw_player, start_in_process) -> None:
    shared = {"database": database, "master_keys": ["ab" * 32]}
    async with (
        start_in_process(tmp_path / "a", **shared) as first,
        start_in_process(tmp_path / "b", **shared) as second,
    ):
        player = raw_player(first.keys["client"])
        await open_session(first, player)
        for number in range(1, 9):
            assert (await report((second, first)[number % 2], player)).seq == number
        described, body = player.next()
        both = await asyncio.gather(*(each.client.post("/v1/batches", headers=described, content=body) for each in (first, second) * 3))
        acks = [msgspec.msgpack.decode(answer.content, type=schema.Ack) for answer in both]
        assert sorted(ack.duplicate for ack in acks) == [False, True, True, True, True, True]
        rows = await first.service.store.all(select(batches.c.seq, batches.c.digest).order_by(batches.c.seq))
        assert [row["seq"] for row in rows] == list(range(1, 10))
        assert rows[-1]["digest"] == sign.digest(body)
        assert len(await second.service.store.all(select(sessions))) == 1


async def test_only_so_many_sessions_are_kept_in_memory(inside, raw_player) -> None:
    inside.service.sessions._bound = 3
    players = [raw_player(inside.keys["client"]) for _ in range(6)]
    for each in players:
        await open_session(inside, each)
    assert len(inside.service.sessions._slots) <= 4
    for each in players:
        assert (await report(inside, each)).seq == 1
