"""What is kept, for how long, and what goes."""

import pytest
from sqlalchemy import insert, select

from collector.settings import Settings
from collector.store.base import Write
from collector.store.engine import SqlStore
from collector.store.retention import Retention, horizon, truncated
from collector.store.tables import batches, challenges, decisions, outbox, rejects, scores, sessions, sketches, snapshots

DAY_US = 24 * 3_600_000_000
NOW_US = 1_760_000_000_000_000
SETTINGS = Settings(retention_days=30, session_hours=12, address_hours=72)


def rows_of_age(days: float, name: str) -> list[Write]:
    """Return a row of every kind that is so old."""
    at = NOW_US - int(days * DAY_US)
    return [
        Write(
            insert(sessions),
            [
                {
                    "id": name,
                    "device": "d",
                    "game": "g",
                    "build": "b",
                    "key_version": 1,
                    "hello": b"",
                    "address": "203.0.113.77",
                    "created_us": at,
                }
            ],
        ),
        Write(
            insert(batches),
            [
                {
                    "session": name,
                    "seq": 1,
                    "digest": b"",
                    "body": b"",
                    "encoding": "msgpack",
                    "address": "2001:db8:1:2::3",
                    "arrived_us": at,
                }
            ],
        ),
        Write(insert(snapshots), [{"session": name, "seq": 1, "history": b""}]),
        Write(insert(scores), [{"session": name, "device": "d", "seq": 1, "risk": 0.1, "body": b"", "at_us": at}]),
        Write(
            insert(decisions),
            [{"id": name, "action": "login", "verdict": "allow", "policy": "p", "model": "m", "inputs": b"", "answer": b"", "at_us": at}],
        ),
        Write(
            insert(challenges), [{"id": name, "decision": name, "kind": "captcha", "state": b"", "created_us": at, "expires_us": at + 1}]
        ),
        Write(insert(sketches), [{"session": name, "channel": 0, "signature": 1, "stretch": b"", "at_us": at}]),
        Write(insert(rejects), [{"code": "invalid", "detail": "", "body": b"", "at_us": at}]),
        Write(insert(outbox), [{"event": f"sent-{name}", "type": "t", "device": "d", "body": b"{}", "created_us": at, "sent_us": at}]),
        Write(insert(outbox), [{"event": f"waits-{name}", "type": "t", "device": "d", "body": b"{}", "created_us": at}]),
    ]


@pytest.fixture
async def store(database: str):
    opened = await SqlStore.open(database)
    yield opened
    await opened.close()


@pytest.fixture
async def swept(store, clock):
    for days, name in ((40, "old"), (4, "recent"), (0.5, "new")):
        await store.commit(*rows_of_age(days, name))
    clock.now_us = NOW_US
    await Retention(store, clock, SETTINGS).sweep()
    return store


@pytest.mark.anyio
@pytest.mark.parametrize("table", [sessions, decisions], ids=str)
async def test_what_is_older_than_the_retention_goes(swept, table) -> None:
    assert {row["id"] for row in await swept.all(select(table.c.id))} == {"recent", "new"}


@pytest.mark.anyio
@pytest.mark.parametrize("table", [batches, snapshots, scores, challenges, sketches, rejects], ids=str)
async def test_what_hangs_on_it_goes_with_it(swept, table) -> None:
    assert len(await swept.all(select(table))) == 2


@pytest.mark.anyio
async def test_events_go_soon_after_they_were_sent_and_never_before(swept) -> None:
    assert {row["event"] for row in await swept.all(select(outbox.c.event))} == {"sent-new", "waits-old", "waits-recent", "waits-new"}


@pytest.mark.anyio
async def test_addresses_are_cut_to_their_network_after_a_while(swept) -> None:
    assert {row["id"]: row["address"] for row in await swept.all(select(sessions))} == {"recent": "203.0.113.0/24", "new": "203.0.113.77"}
    found = {row["session"]: row["address"] for row in await swept.all(select(batches))}
    assert found == {"recent": "2001:db8:1::/48", "new": "2001:db8:1:2::3"}


def test_a_journal_is_kept_at_least_as_long_as_a_session_lasts() -> None:
    until = horizon(NOW_US, Settings(retention_days=0.1, session_hours=12))
    assert until.kept_us == NOW_US - DAY_US // 2
    assert until.over_us == NOW_US - DAY_US


@pytest.mark.parametrize(("address", "cut"), [("::ffff:1.2.3.4", "::/48"), ("unix", "/"), ("10.1.2.3", "10.1.2.0/24")])
def test_truncation_says_nothing_about_what_is_no_address(address: str, cut: str) -> None:
    assert truncated(address) == cut
