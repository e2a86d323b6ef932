"""Batches may wait to be folded: nobody can tell from what is remembered, and nothing is lost with who lets them wait."""

from collections import Counter

import pytest
from sqlalchemy import select, update

from collector.memory import PENDING, PENDING_BYTES
from collector.settling import SILENT_US, Settling
from collector.store.base import Write
from collector.store.tables import sessions, sketches
from signals.facts import Circumstances, of_batch
from signals.history import dump
from signals.replay.tail import Replay, fresh_sketches, learn
from wire import schema

pytestmark = pytest.mark.anyio


@pytest.fixture
def player(inside, raw_player):
    return raw_player(inside.keys["client"])


async def opened(inside, player) -> str:
    described, body = player.hello()
    return player.welcomed((await inside.client.post("/v1/sessions", headers=described, content=body)).content).session


async def played(inside, player, key_presses, count: int, **changes) -> None:
    for _ in range(count):
        described, body = player.next(**{"input": key_presses(120, player.seq), **changes})
        answer = await inside.client.post("/v1/batches", headers=described, content=body)
        assert answer.status_code == 200, answer.text


async def waiting(inside, session: str) -> list[int]:
    async with inside.service.sessions.hold(session) as live:
        return [one.batch.seq for one in live.memory.pending]


async def remembered(inside, session: str) -> Counter[tuple[int, bytes]]:
    rows = await inside.service.store.all(select(sketches).where(sketches.c.session == session))
    return Counter((row["channel"], row["stretch"]) for row in rows)


def everything(inputs: list[schema.Columns]) -> Counter[tuple[int, bytes]]:
    """What is remembered of input if each batch is folded when it comes."""
    replay, found = Replay(), Counter[tuple[int, bytes]]()
    for number, columns in enumerate(inputs):
        batch = schema.Batch(1, "s", number + 1, b"", schema.ClockPair(0, 0), 1_000_000 + 5_000_000 * number, columns)
        told = of_batch(batch, Circumstances(0))
        found.update((sketch.channel, sketch.stretch) for sketch in fresh_sketches(replay, told))
        replay = learn(replay, told)
    return found


async def test_batches_wait_until_scores_are_due(inside, player, key_presses, clock) -> None:
    session = await opened(inside, player)
    await played(inside, player, key_presses, 3)
    assert await waiting(inside, session) == [2, 3], "the first is scored at once"
    clock.advance(inside.service.settings.score_seconds)
    await played(inside, player, key_presses, 1)
    assert await waiting(inside, session) == []


async def test_what_says_something_of_the_machine_is_folded_at_once(inside, player, key_presses) -> None:
    session = await opened(inside, player)
    await played(inside, player, key_presses, 2)
    await played(inside, player, key_presses, 1, integrity=schema.IntegrityFacts(traced=True))
    assert await waiting(inside, session) == []


async def test_no_more_wait_than_may(inside, player, key_presses) -> None:
    inside.service.settings.snapshot_every = 1000
    session = await opened(inside, player)
    most = 0
    for _ in range(3 * PENDING):
        await played(inside, player, key_presses, 1)
        most = max(most, len(await waiting(inside, session)))
    assert most == PENDING - 1


async def test_what_weighs_much_does_not_wait(inside, player, key_presses) -> None:
    session = await opened(inside, player)
    long = {f"name {number}": "x" * 256 for number in range(16)}
    await played(inside, player, key_presses, 1)
    await played(inside, player, key_presses, 1, actions=tuple(schema.Action(1, "bet", extra=long) for _ in range(PENDING_BYTES // 16_384)))
    assert await waiting(inside, session) == []


async def test_who_asks_is_told_of_batches_that_wait_and_they_wait_on(inside, player, key_presses) -> None:
    session = await opened(inside, player)
    await played(inside, player, key_presses, 3)
    asked = await inside.service.sessions.current(session)
    assert asked.memory.pending == ()
    assert asked.memory.history.timing.keys.seen == 3 * 120
    assert await waiting(inside, session) == [2, 3]
    assert await remembered(inside, session) == everything([key_presses(120, 0)])


@pytest.mark.parametrize("folds", [(), (2,), (1, 4, 5)])
async def test_the_same_is_remembered_however_long_batches_waited(
    tmp_path, raw_player, key_presses, clock, start_in_process, folds
) -> None:
    async with start_in_process(tmp_path / "data", clock, score_seconds=1.0) as inside:
        player = raw_player(inside.keys["client"])
        session = await opened(inside, player)
        for number in range(7):
            clock.advance(1.0 if number in folds else 0.1)
            await played(inside, player, key_presses, 1)
        before = await inside.service.sessions.current(session)
        inside.service.sessions.forget(session)
        again = await inside.service.sessions.current(session)
        assert dump(before.memory.history) == dump(again.memory.history)
        assert before.memory.ledger == again.memory.ledger


async def test_another_collector_goes_on_with_batches_that_wait(tmp_path, raw_player, key_presses, clock, start_in_process) -> None:
    shared = {"database": f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}", "master_keys": ["ab" * 32]}
    async with (
        start_in_process(tmp_path / "a", clock, **shared) as first,
        start_in_process(tmp_path / "b", clock, **shared) as second,
    ):
        player = raw_player(first.keys["client"])
        session = await opened(first, player)
        await played(first, player, key_presses, 5)
        here, there = [await each.service.sessions.current(session) for each in (first, second)]
        assert await waiting(first, session) == [2, 3, 4, 5]
        assert dump(here.memory.history) == dump(there.memory.history)
        clock.advance(15)
        await played(second, player, key_presses, 1)
        await played(first, player, key_presses, 1)
        clock.advance(15)
        await played(first, player, key_presses, 1)
        assert await remembered(first, session) == everything([key_presses(120, number) for number in range(8)])


async def test_nothing_is_lost_with_a_collector_that_let_batches_wait(inside, player, key_presses, clock) -> None:
    session = await opened(inside, player)
    await played(inside, player, key_presses, 4)
    inside.service.sessions.forget(session)
    clock.advance(15)
    await played(inside, player, key_presses, 1)
    assert await remembered(inside, session) == everything([key_presses(120, number) for number in range(5)])


@pytest.mark.parametrize("forgotten", [False, True])
async def test_what_a_player_played_last_is_remembered_though_no_batch_follows(inside, player, key_presses, clock, forgotten) -> None:
    session = await opened(inside, player)
    await played(inside, player, key_presses, 4)
    if forgotten:
        inside.service.sessions.forget(session)
    service = inside.service
    settling = [Settling(service.store, service.clock, service.sessions) for _ in range(2)]
    await settling[0].sweep()
    assert await remembered(inside, session) == everything([key_presses(120, 0)]), "it has not waited for long"
    clock.advance(SILENT_US / 1e6)
    for each in settling * 2:
        await each.sweep()
    assert await remembered(inside, session) == everything([key_presses(120, number) for number in range(4)])
    await played(inside, player, key_presses, 1)
    assert await remembered(inside, session) == everything([key_presses(120, number) for number in range(5)])


async def test_a_collector_that_does_not_know_that_another_has_settled_keeps_nothing_twice(
    tmp_path, raw_player, key_presses, clock, start_in_process
) -> None:
    shared = {"database": f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}", "master_keys": ["ab" * 32]}
    async with (
        start_in_process(tmp_path / "a", clock, **shared) as first,
        start_in_process(tmp_path / "b", clock, **shared) as second,
    ):
        player = raw_player(first.keys["client"])
        session = await opened(first, player)
        await played(first, player, key_presses, 4)
        clock.advance(SILENT_US / 1e6)
        await Settling(second.service.store, clock, second.service.sessions).sweep()
        await played(first, player, key_presses, 2)
        assert await remembered(first, session) == everything([key_presses(120, number) for number in range(5)])


async def test_what_was_erased_while_it_waited_is_not_looked_through(inside, player, key_presses, clock) -> None:
    session = await opened(inside, player)
    await played(inside, player, key_presses, 4)
    alice = inside.service.secrets.pseudonym("alice")
    await inside.service.store.commit(Write(update(sessions).where(sessions.c.id == session).values(subject=alice)))
    await inside.service.subjects.forget("alice")
    clock.advance(SILENT_US / 1e6)
    await Settling(inside.service.store, clock, inside.service.sessions).sweep()
    assert await remembered(inside, session) == Counter()
