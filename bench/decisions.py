"""How long an operator waits for a decision, everything included: evidence looked up, judged, committed durably, told to the outbox.

`python bench/decisions.py [--seconds 6] [--sessions 200]` serves a collector in a process of its own and loads it from this one over
keep-alive connections: first as fast as it answers, which gives the saturating load; then at half of that, with arrivals at random times
(Poisson), each time counted from when the request was due, so that waiting for the server is never left out. Every session has sent
three batches of 300 made-up events; every decision names a session, one of as many users and an address of its own. No address database
is configured, and decisions may take their time, so that all times count and none ends in the failover. The answer of `/healthz` at the
same rate, in the same run, is the reference.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

import uvloop
from ingest import CONNECTIONS, Connection, client_key, hands, hellos, http, start, stop

from collector import session_token
from collector.clock import SystemClock
from collector.keys import Keys
from collector.roles import Role
from collector.secrets import load
from collector.settings import Settings
from collector.store.engine import SqlStore

GOAL_MS = 20.0
SATURATING = 16
"""Requests under way at once while the saturating load is measured: enough to share commits."""


def operator_key(data: str) -> str:
    """Return an operator's key in the store that the collector will open."""

    async def make() -> str:
        store = await SqlStore.open(Settings(data=Path(data)).database_url)
        try:
            return (await Keys(store, SystemClock()).create(Role.OPERATOR)).text
        finally:
            await store.close()

    return asyncio.run(make())


async def connect(port: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)]


async def play(port: int, data: str, key: str, sessions: int) -> list[str]:
    """Open sessions, send their batches, and return the tokens of their login forms."""
    chance = random.Random(1)
    parts = hands(chance)
    players = await hellos(port, key, sessions)
    connection = (await connect(port))[0]
    for player in players:
        for _ in range(3):
            status, body = await connection.ask(player.request(parts))
            assert status == 200, body
    secrets, now_us = load(Path(data)), SystemClock().wall_us()
    return [session_token.issue(secrets, player.session, now_us, 3600) for player in players]


def request(key: str, token: str, number: int, chance: random.Random) -> bytes:
    """Return one decision's request."""
    body = {
        "action": "login",
        "token": token,
        "user": f"user-{number}",
        "context": {
            "ip": f"198.51.{chance.randrange(256)}.{chance.randrange(256)}",
            "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "timezone": "Europe/Lisbon",
        },
    }
    return http("POST", "/v1/decisions", {"authorization": f"Bearer {key}", "content-type": "application/json"}, json.dumps(body).encode())


async def saturate(port: int, requests: list[bytes], seconds: float) -> float:
    """Return how many requests a second are answered, each connection asking as soon as it was answered."""
    chance, until, answered = random.Random(2), time.perf_counter() + seconds, 0

    async def run(connection: Connection, mine: list[bytes]) -> None:
        nonlocal answered
        while time.perf_counter() < until:
            check(*await connection.ask(chance.choice(mine)))
            answered += 1

    connections = (await connect(port))[:SATURATING]
    began = time.perf_counter()
    await asyncio.gather(*(run(connection, requests[index::SATURATING]) for index, connection in enumerate(connections)))
    return answered / (time.perf_counter() - began)


async def steady(port: int, requests: list[bytes], seconds: float, rate: float) -> list[float]:
    """Return the time in ms of each request from when it was due, at `rate` a second on average."""
    chance, times = random.Random(3), []
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in await connect(port):
        free.put_nowait(connection)

    async def one(due: float) -> None:
        connection = await free.get()
        check(*await connection.ask(chance.choice(requests)))
        times.append(1e3 * (time.perf_counter() - due))
        free.put_nowait(connection)

    due, end = time.perf_counter(), time.perf_counter() + seconds
    async with asyncio.TaskGroup() as group:
        while (due := due + chance.expovariate(rate)) < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(due))
    return times


def check(status: int, body: bytes) -> None:
    """Break off where an answer is none, or one of the failover."""
    if status != 200 or b'"failover.' in body:
        raise RuntimeError(f"answered {status}: {body[:300]!r}")


def told(name: str, times: list[float], goal: str = "") -> None:
    """Print p50 and p99."""
    print(f"{name}, ms, p50  {statistics.median(times):.1f}")
    print(f"{name}, ms, p99  {statistics.quantiles(times, n=100)[98]:.1f}  {goal}".rstrip(), flush=True)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--sessions", type=int, default=200)
    wanted = parser.parse_args()
    chance = random.Random(4)
    with tempfile.TemporaryDirectory() as data:
        os.environ["COUNTERSIGN_DECISION_SECONDS"] = "10"
        key, operator = client_key(data), operator_key(data)
        server, port = start("collector", data)
        try:
            tokens = uvloop.run(play(port, data, key, wanted.sessions))
            requests = [request(operator, token, number, chance) for number, token in enumerate(tokens)]
            uvloop.run(saturate(port, requests, 1.0))
            most = uvloop.run(saturate(port, requests, wanted.seconds))
            print(f"decisions at saturation, a second  {most:.0f}")
            told(
                f"decision at half of that ({most / 2:.0f}/s)",
                uvloop.run(steady(port, requests, wanted.seconds, most / 2)),
                f"<= {GOAL_MS:.0f}",
            )
            alive = [http("GET", "/healthz", {})]
            told("healthz at the same rate", uvloop.run(steady(port, alive, wanted.seconds / 2, most / 2)))
        finally:
            stop(server)


if __name__ == "__main__":
    main()
