"""What the store remembers of input: recognised by every collector, whose it was, and gone when it is erased."""

import numpy as np
import pytest
from sqlalchemy import delete, insert, select

from collector import sketches as module
from collector.sketches import Sketches, writes
from collector.store.base import Write
from collector.store.engine import SqlStore
from collector.store.tables import sessions
from collector.store.tables import sketches as table
from signals.replay.recall import Player
from signals.replay.sketch import Sketch, quantised, sketches

pytestmark = pytest.mark.anyio
NOW_US = 1_760_000_000_000_000
SECOND_US = 1_000_000
VICTIM = Player("s_victim", "d_victim", "alice")
BOT = Player("s_bot", "d_bot")


def intervals(seed: int, n: int = 120) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 1000.0 * (np.exp(rng.normal(4.9, 0.5, n)) + (rng.random(n) < 0.1) * np.exp(rng.normal(6.3, 0.9, n)))


def sketched(us: np.ndarray, channel: int = 0) -> tuple[Sketch, ...]:
    return sketches(channel, quantised(us.astype(np.int64)), 0, len(us))


def replayed(us: np.ndarray, noise_ms: float = 10.0) -> np.ndarray:
    return np.maximum(1000.0, us + np.random.default_rng(99).normal(0.0, noise_ms * 1000.0, len(us)))


@pytest.fixture
async def store(database: str):
    opened = await SqlStore.open(database)
    yield opened
    await opened.close()


async def remember(store: SqlStore, player: Player, us: np.ndarray, at_us: int = NOW_US - 60 * SECOND_US) -> None:
    row = {
        "id": player.session,
        "device": player.device,
        "subject": player.subject,
        "game": "g",
        "build": "b",
        "key_version": 1,
        "hello": b"",
        "created_us": at_us,
    }
    await store.commit(Write(insert(sessions), [row]), *writes(player, sketched(us), at_us))


async def test_a_replay_is_matched_with_whose_it_was(store) -> None:
    await remember(store, VICTIM, intervals(1))
    matches = await Sketches(store).match(BOT, sketched(replayed(intervals(1))), NOW_US)
    assert matches
    assert {match.source for match in matches} == {"s_victim"}
    assert not any(match.same_device or match.same_subject for match in matches)
    assert matches[0].age_s == pytest.approx(60.0)


async def test_somebody_else_is_not_matched(store) -> None:
    for seed in range(2, 6):
        await remember(store, Player(f"s_{seed}", f"d_{seed}"), intervals(seed))
    assert await Sketches(store).match(BOT, sketched(intervals(1)), NOW_US) == ()


async def test_ones_own_device_and_subject_are_named_as_such(store) -> None:
    await remember(store, VICTIM, intervals(1))
    again = sketched(replayed(intervals(1)))
    (device,) = {match.same_device for match in await Sketches(store).match(Player("s_2", "d_victim"), again, NOW_US)}
    (subject,) = {match.same_subject for match in await Sketches(store).match(Player("s_3", "d_3", "alice"), again, NOW_US)}
    assert device
    assert subject


async def test_a_session_is_not_its_own_replay(store) -> None:
    await remember(store, VICTIM, intervals(1))
    assert await Sketches(store).match(VICTIM, sketched(intervals(1)), NOW_US) == ()


async def test_what_came_later_is_no_source(store) -> None:
    await remember(store, VICTIM, intervals(1), NOW_US + SECOND_US)
    assert await Sketches(store).match(BOT, sketched(intervals(1)), NOW_US) == ()


async def test_keys_are_not_compared_with_clicks(store) -> None:
    await remember(store, VICTIM, intervals(1))
    assert await Sketches(store).match(BOT, sketched(intervals(1), channel=1), NOW_US) == ()


async def test_what_another_collector_took_in_is_found_a_little_later(store) -> None:
    here = Sketches(store)
    again = sketched(replayed(intervals(1)))
    assert await here.match(BOT, again, NOW_US) == ()
    await remember(store, VICTIM, intervals(1), NOW_US + SECOND_US)
    assert await here.match(BOT, again, NOW_US + module.REFRESH_US + 2 * SECOND_US)


async def test_rows_that_were_committed_out_of_order_are_read_once_each(store) -> None:
    here = Sketches(store)
    for step in range(5):
        await remember(store, Player(f"s_{step}", "d"), intervals(step), NOW_US + step * 20 * SECOND_US)
        await here.match(BOT, sketched(intervals(50)), NOW_US + step * 20 * SECOND_US + 1)
    stored = len(await store.all(select(table.c.id)))
    assert sum(len(index) for index in (await here._signatures(0)).indexes.values()) == stored


async def test_more_rows_than_a_page_are_read(store, monkeypatch) -> None:
    monkeypatch.setattr(module, "PAGE", 7)
    await remember(store, VICTIM, intervals(1, 600))
    matches = await Sketches(store).match(BOT, sketched(replayed(intervals(1, 600))), NOW_US)
    assert len(matches) > 20


async def test_what_was_erased_is_found_no_more(store) -> None:
    await remember(store, VICTIM, intervals(1))
    here = Sketches(store)
    again = sketched(replayed(intervals(1)))
    assert await here.match(BOT, again, NOW_US)
    await store.commit(Write(delete(table).where(table.c.session == "s_victim")))
    assert await here.match(BOT, again, NOW_US) == ()
    assert await store.all(select(table.c.id)) == []


async def test_nothing_fresh_asks_and_writes_nothing(store) -> None:
    assert await Sketches(store).match(BOT, (), NOW_US) == ()
    assert writes(BOT, (), NOW_US) == []
