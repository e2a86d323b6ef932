"""What the store promises, on both engines."""

import asyncio

import pytest
from sqlalchemy import delete, func, insert, select, update

from collector.store.base import Conflict, Overloaded, Write
from collector.store.engine import SqlStore
from collector.store.tables import api_keys, batches, sessions

pytestmark = pytest.mark.anyio
INSERT = insert(api_keys)


def row(name: str) -> dict[str, object]:
    return {"id": name, "role": "client", "digest": name.encode(), "label": "", "created_us": 1}


@pytest.fixture
async def store(database: str):
    opened = await SqlStore.open(database, commit_queue=64)
    yield opened
    await opened.close()


async def ids(store: SqlStore) -> list[str]:
    return [found["id"] for found in await store.all(select(api_keys.c.id).order_by(api_keys.c.id))]


async def test_what_was_committed_can_be_read(store) -> None:
    await store.commit(Write(INSERT, [row("a"), row("b")]))
    assert await ids(store) == ["a", "b"]


async def test_a_conflict_writes_nothing_of_its_commit(store) -> None:
    await store.commit(Write(INSERT, [row("a")]))
    with pytest.raises(Conflict):
        await store.commit(Write(INSERT, [row("b")]), Write(INSERT, [row("a")]))
    assert await ids(store) == ["a"]


async def test_a_conflict_stays_with_whoever_caused_it(store) -> None:
    await store.commit(Write(INSERT, [row("taken")]))
    names = ["a", "taken", "b", "taken", "c"]
    outcomes = await asyncio.gather(*(store.commit(Write(INSERT, [row(name)])) for name in names), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), Conflict, type(None), Conflict, type(None)]
    assert await ids(store) == ["a", "b", "c", "taken"]


async def test_a_statement_that_the_database_refuses_stays_with_whoever_sent_it(store) -> None:
    broken = Write(update(api_keys).values(created_us=select(func.abs("x", "y")).scalar_subquery()))
    outcomes = await asyncio.gather(store.commit(Write(INSERT, [row("a")])), store.commit(broken), return_exceptions=True)
    assert outcomes[0] is None
    assert outcomes[1] is not None
    assert await ids(store) == ["a"]


async def test_compare_and_set_has_one_winner(store) -> None:
    await store.commit(Write(INSERT, [row("a")]))
    moved = [update(api_keys).where(api_keys.c.id == "a", api_keys.c.created_us == 1).values(created_us=2 + n) for n in range(8)]
    outcomes = await asyncio.gather(*(store.commit(Write(statement, expect=1)) for statement in moved), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 7 + ["NoneType"]


async def test_writes_of_one_caller_keep_their_order(store) -> None:
    await store.commit(Write(INSERT, [row("a")]))
    others = [store.commit(Write(INSERT, [row(f"other{n}")])) for n in range(5)]
    await asyncio.gather(store.commit(Write(delete(api_keys).where(api_keys.c.id == "a")), Write(INSERT, [row("a")])), *others)
    assert "a" in await ids(store)


async def test_a_row_without_its_parent_is_a_conflict(store) -> None:
    orphan = {"session": "nobody", "seq": 1, "digest": b"", "body": b"", "encoding": "msgpack", "arrived_us": 1}
    with pytest.raises(Conflict):
        await store.commit(Write(insert(batches), [orphan]))


async def test_who_waits_shares_a_transaction(store) -> None:
    begun: list[object] = []
    run = store._writer.run
    store._writer.run = lambda work: begun.append(work) or run(work)
    await asyncio.gather(*(store.commit(Write(INSERT, [row(f"k{n:02}")])) for n in range(40)))
    assert len(await ids(store)) == 40
    assert len(begun) <= 2, "everybody who came before the first commit began should have gone with it"


async def test_a_full_queue_turns_away_and_writes_the_rest(store) -> None:
    outcomes = await asyncio.gather(*(store.commit(Write(INSERT, [row(f"k{n:03}")])) for n in range(100)), return_exceptions=True)
    shed = sum(isinstance(outcome, Overloaded) for outcome in outcomes)
    assert shed == 36
    assert len(await ids(store)) == 64


async def test_closing_finishes_what_waits(database) -> None:
    store = await SqlStore.open(database)
    waiting = [asyncio.ensure_future(store.commit(Write(INSERT, [row(f"k{n}")]))) for n in range(5)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    with pytest.raises(Overloaded):
        await store.commit(Write(INSERT, [row("late")]))
    again = await SqlStore.open(database)
    assert len(await ids(again)) == 5
    await again.close()


async def test_a_caller_that_goes_away_harms_nobody(store) -> None:
    gone = asyncio.ensure_future(store.commit(Write(INSERT, [row("gone")])))
    await asyncio.sleep(0)
    gone.cancel()
    await store.commit(Write(INSERT, [row("stays")]))
    assert "stays" in await ids(store)


async def test_two_stores_on_one_database_race_for_a_batch_number(database) -> None:
    first, second = await SqlStore.open(database), await SqlStore.open(database)
    session = {"id": "s", "device": "d", "game": "g", "build": "b", "key_version": 1, "hello": b"", "created_us": 1}
    await first.commit(Write(insert(sessions), [session]))
    batch = {"session": "s", "seq": 1, "digest": b"", "body": b"", "encoding": "msgpack", "arrived_us": 1}
    outcomes = await asyncio.gather(*(store.commit(Write(insert(batches), [batch])) for store in (first, second)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "NoneType"]
    await first.close()
    await second.close()
