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
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from collector import edge
from collector.clock import SystemClock
from collector.keys import Keys
from collector.roles import Role
from collector.settings import Settings
from collector.store.engine import SqlStore
from wire import sign

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the collectors are forked")
PLAYERS = 6
DEADLINE_S = 60.0


class Collector:
    """One process after the other on the same port and folder."""

    def __init__(self, data: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        script = Path(__file__).with_name("serve_on_cue.py")
        self._starter = subprocess.Popen(
            [sys.executable, str(script), str(self.port), str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=script.parents[2]
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


async def torment(data: Path, kills: int, make_player, columns) -> Load:
    """Kill and restart so many times under load, then stop gracefully."""
    chance = random.Random(kills)
    collector = Collector(data)
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
    load = asyncio.run(torment(data, request.param, lambda: raw_player(key), key_presses))
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
