"""The collector is killed (SIGKILL) at random moments under load: what it acknowledged is there, and what it caused reaches the bus."""

import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from itertools import groupby
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from collector import edge
from collector.clock import SystemClock
from collector.keys import Keys
from collector.roles import Role
from collector.settings import Settings
from collector.settling import Settling
from collector.store.engine import SqlStore
from collector.store.tables import batches, sessions
from signals.facts import Circumstances, of_batch
from signals.replay.tail import Replay, fresh_of_each
from wire import sign

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the collectors are forked")
PLAYERS = 6
DEADLINE_S = 60.0
EVERY_BATCH = 0.0
"""Seconds between two scores: each batch is folded at once, and causes an event."""
NO_BATCH = 3600.0
"""Batches wait until as many wait as may."""


class Collector:
    """One process after the other on the same port and folder."""

    def __init__(self, data: Path, score_seconds: float) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        script = Path(__file__).with_name("serve_on_cue.py")
        self._starter = subprocess.Popen(
            [sys.executable, str(script), str(self.port), str(data), str(score_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=script.parents[2],
        )
        self._pid: int | None = None

    async def start(self) -> None:
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        self._starter.stdin.write(b"serve\n")
        self._starter.stdin.flush()
        self._pid = int(await asyncio.to_thread(self._starter.stdout.readline))
        async with asyncio.timeout(DEADLINE_S), httpx.AsyncClient(base_url=self.url) as client:
            while True:
                assert self._alive(), "the collector ended by itself"
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.01)

    async def end(self, how: signal.Signals) -> None:
        """Send a signal and wait until the process is gone."""
        assert self._pid is not None
        os.kill(self._pid, how)
        async with asyncio.timeout(DEADLINE_S):
            while self._alive():  # noqa: ASYNC110 - nothing tells when a process that is no child has ended
                await asyncio.sleep(0.005)
        self._pid = None

    def _alive(self) -> bool:
        assert self._pid is not None
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        return True

    def close(self) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._starter.communicate()


class Load:
    """Players that never give up: what was not acknowledged is sent again, as it was."""

    def __init__(self, url: str, make_player, columns) -> None:
        self.acknowledged: dict[tuple[str, int], bytes] = {}
        self.refused: list[str] = []
        self._url = url
        self._make = make_player
        self._columns = columns
        self._over = False

    async def run(self, seed: int) -> None:
        chance = random.Random(seed)
        async with httpx.AsyncClient(base_url=self._url, timeout=5.0) as client:
            while not self._over:
                player = self._make()
                opened = await self._send(client, "/v1/sessions", lambda player=player: player.hello(), 201)
                if opened is None:
                    return
                player.welcomed(opened)
                for number in range(chance.randrange(5, 40)):
                    headers, body = player.next(input=self._columns(chance.randrange(20, 200), chance.random()))
                    if await self._send(client, "/v1/batches", lambda sent=(headers, body): sent, 200) is None:
                        return
                    self.acknowledged[player.welcome.session, number + 1] = sign.digest(body)

    async def _send(self, client: httpx.AsyncClient, path: str, make, wanted: int) -> bytes | None:
        """Send until it is answered as wanted; None once the load is over."""
        while not self._over:
            headers, body = make()
            try:
                answer = await client.post(path, headers=headers, content=body)
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            if answer.status_code == wanted:
                return answer.content
            self.refused.append(f"{answer.status_code} {answer.text}")
            return None
        return None

    async def more(self, count: int) -> None:
        """Return when so many more batches were acknowledged."""
        wanted = len(self.acknowledged) + count
        async with asyncio.timeout(DEADLINE_S):
            while len(self.acknowledged) < wanted:
                assert not self.refused, self.refused
                await asyncio.sleep(0.002)

    def end(self) -> None:
        self._over = True


async def torment(data: Path, kills: int, make_player, columns, score_seconds: float) -> Load:
    """Kill and restart so many times under load, then stop gracefully."""
    chance = random.Random(kills)
    collector = Collector(data, score_seconds)
    try:
        await collector.start()
        load = Load(collector.url, make_player, columns)
        players = [asyncio.create_task(load.run(seed)) for seed in range(PLAYERS)]
        for _ in range(kills):
            await load.more(chance.randrange(1, 25))
            await asyncio.sleep(chance.uniform(0.0, 0.05))
            await collector.end(signal.SIGKILL)
            await collector.start()
        await load.more(PLAYERS)
        load.end()
        await asyncio.gather(*players)
        await collector.end(signal.SIGTERM)
    finally:
        collector.close()
    return load


async def client_key(data: Path) -> str:
    store = await SqlStore.open(Settings(data=data).database_url)
    try:
        return (await Keys(store, SystemClock()).create(Role.CLIENT)).text
    finally:
        await store.close()


class Aftermath:
    """What was acknowledged, and what the killed collectors left on disk."""

    def __init__(self, data: Path, load: Load) -> None:
        self.load = load
        with closing(sqlite3.connect(data / "countersign.db")) as store:
            store.row_factory = sqlite3.Row
            self.integrity = [tuple(row) for row in store.execute("PRAGMA integrity_check")]
            self.orphans = store.execute("PRAGMA foreign_key_check").fetchall()
            self.batches = store.execute("SELECT * FROM batches ORDER BY session, seq").fetchall()
            self.outbox = store.execute("SELECT * FROM outbox ORDER BY id").fetchall()
            self.scores = store.execute("SELECT * FROM scores").fetchall()
            self.snapshots = store.execute("SELECT * FROM snapshots").fetchall()
        self.bus = [json.loads(line) for line in (data / "events.ndjson").read_text().splitlines()]


@pytest.fixture(scope="module", params=[pytest.param(3, id="3 kills"), pytest.param(60, id="60 kills", marks=pytest.mark.slow)])
def aftermath(request, tmp_path_factory, raw_player, key_presses) -> Aftermath:
    data = tmp_path_factory.mktemp("killed")
    key = asyncio.run(client_key(data))
    load = asyncio.run(torment(data, request.param, lambda: raw_player(key), key_presses, EVERY_BATCH))
    return Aftermath(data, load)


def test_every_acknowledged_batch_is_there_once_and_as_it_was_sent(aftermath) -> None:
    kept = {(row["session"], row["seq"]): row["digest"] for row in aftermath.batches}
    assert len(kept) == len(aftermath.batches)
    assert {key: kept.get(key) for key in aftermath.load.acknowledged} == aftermath.load.acknowledged
    assert all(sign.digest(row["body"]) == row["digest"] for row in aftermath.batches)


def test_nothing_that_was_sent_again_was_refused(aftermath) -> None:
    assert aftermath.load.refused == []


def test_no_chain_is_broken(aftermath) -> None:
    before: dict[str, tuple[int, bytes]] = {}
    for row in aftermath.batches:
        seq, digest = before.get(row["session"], (0, sign.FIRST_PREV))
        batch = edge.reopen_batch(row["body"], row["encoding"])
        assert (batch.seq, batch.prev) == (seq + 1, digest)
        before[row["session"]] = row["seq"], row["digest"]


def test_every_event_is_on_the_bus_and_repeats_are_the_same(aftermath) -> None:
    assert all(row["sent_us"] is not None for row in aftermath.outbox)
    bodies: dict[str, str] = {}
    for event in aftermath.bus:
        assert bodies.setdefault(event["id"], json.dumps(event)) == json.dumps(event)
    assert list(bodies) == [row["event"] for row in aftermath.outbox], "all, none else, and in order"


def test_a_batch_its_scores_and_its_event_are_there_together(aftermath) -> None:
    batches = {(row["session"], row["seq"]) for row in aftermath.batches}
    scores = [(row["session"], row["seq"]) for row in aftermath.scores]
    told = [(event["data"]["session"], event["data"]["seq"]) for event in map(json.loads, (row["body"] for row in aftermath.outbox))]
    assert sorted(scores) == sorted(told) == sorted(batches)


def test_no_snapshot_is_ahead_of_its_journal(aftermath) -> None:
    last = {row["session"]: row["seq"] for row in aftermath.batches}
    assert aftermath.snapshots
    assert all(row["seq"] <= last[row["session"]] and row["seq"] % 4 == 0 for row in aftermath.snapshots)


def test_the_database_is_sound(aftermath) -> None:
    assert aftermath.integrity == [("ok",)]
    assert aftermath.orphans == []


@pytest.fixture(scope="module", params=[pytest.param(3, id="3 kills"), pytest.param(60, id="60 kills", marks=pytest.mark.slow)])
def unfolded(request, tmp_path_factory, raw_player, key_presses) -> Path:
    """What collectors left that were killed while batches waited to be folded."""
    data = tmp_path_factory.mktemp("unfolded")
    key = asyncio.run(client_key(data))
    asyncio.run(torment(data, request.param, lambda: raw_player(key), key_presses, NO_BATCH))
    return data


class Later:
    """A clock some minutes after the last batch."""

    def wall_us(self) -> int:
        return time.time_ns() // 1000 + 300_000_000

    def mono_us(self) -> int:
        return self.wall_us()


async def settled(data: Path, start_in_process) -> int:
    """Return how many batches waited for a collector to come back, once one has."""
    async with start_in_process(data, Later()) as inside:
        service = inside.service
        waiting = select(func.count().label("n")).where(batches.c.session == sessions.c.id, batches.c.seq > sessions.c.folded)
        before = await service.store.one(waiting)
        await Settling(service.store, service.clock, service.sessions).sweep()
        after = await service.store.one(waiting)
        assert before is not None
        assert after is not None
        assert after["n"] == 0
        return int(before["n"])


def test_no_stretch_of_input_is_lost_or_kept_twice_whenever_its_batch_waited(unfolded, start_in_process) -> None:
    assert asyncio.run(settled(unfolded, start_in_process)), "nothing waited: then this test shows nothing"
    with closing(sqlite3.connect(unfolded / "countersign.db")) as store:
        kept = Counter(store.execute("SELECT session, channel, signature, stretch FROM sketches"))
        rows = store.execute("SELECT session, body, encoding, arrived_us FROM batches ORDER BY session, seq").fetchall()
    played: Counter[tuple[str, int, int, bytes]] = Counter()
    for session, its in groupby(rows, lambda row: row[0]):
        told = [of_batch(edge.reopen_batch(body, encoding), Circumstances(at_us)) for _, body, encoding, at_us in its]
        for facts, fresh in zip(told, fresh_of_each(Replay(), told), strict=True):
            assert len(facts.kind)
            played.update((session, one.channel, one.signature, one.stretch) for one in fresh)
    assert len(played) > 20
    assert kept == played
