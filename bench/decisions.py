"""How long an operator waits for a decision, everything included: evidence looked up, judged, committed durably, told to the outbox.

`python bench/decisions.py [--seconds 6] [--sessions 200]` serves a collector in a process of its own and loads it from this one over
keep-alive connections: first as fast as it answers, which gives the saturating load; then at half of that, with arrivals at random times
(Poisson), each time counted from when the request was due, so that waiting for the server is never left out. Every session has sent
three batches of 300 made-up events; every decision names a session, one of as many users and an address of its own. No address database
is configured, and decisions may take their time, so that all times count and none ends in the failover. The answer of `/healthz` at the
same rate, in the same run, is the reference.

All of it is measured twice: under the policy that ships, which lets these sessions in, and under the same with its last rule turned into
a captcha, so that the same sessions are challenged. The share of decisions that issued a challenge is printed with both.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from importlib.resources import files
from pathlib import Path

import psutil
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
CAPTCHA = 'verdict = "challenge"\nchallenge = "captcha"'
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


async def saturate(port: int, requests: list[bytes], seconds: float) -> tuple[float, float]:
    """Return how many requests a second are answered, each connection asking as soon as it was answered, and the share challenged."""
    chance, until, answered, challenged = random.Random(2), time.perf_counter() + seconds, 0, 0

    async def run(connection: Connection, mine: list[bytes]) -> None:
        nonlocal answered, challenged
        while time.perf_counter() < until:
            issued = check(*await connection.ask(chance.choice(mine)))
            challenged += issued
            answered += 1

    connections = (await connect(port))[:SATURATING]
    began = time.perf_counter()
    await asyncio.gather(*(run(connection, requests[index::SATURATING]) for index, connection in enumerate(connections)))
    return answered / (time.perf_counter() - began), challenged / answered


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


def check(status: int, body: bytes) -> bool:
    """Tell whether an answer issues a challenge. Break off where it is none, or one of the failover."""
    if status != 200 or b'"failover.' in body:
        raise RuntimeError(f"answered {status}: {body[:300]!r}")
    return b'"verdict":"challenge"' in body


def told(name: str, times: list[float], goal: str = "") -> None:
    """Print p50 and p99."""
    print(f"{name}, ms, p50  {statistics.median(times):.1f}")
    print(f"{name}, ms, p99  {statistics.quantiles(times, n=100)[98]:.1f}  {goal}".rstrip(), flush=True)


def strict(folder: str) -> Path:
    """Write the policy that ships with its last rule turned into a captcha."""
    shipped = files("collector.policy").joinpath("default.toml").read_text("utf-8")
    rules, _, rest = shipped.rpartition('verdict = "allow"')
    path = Path(folder) / "strict.toml"
    path.write_text(f"{rules}{CAPTCHA}{rest}", "utf-8")
    return path


def measure(name: str, seconds: float, sessions: int, policy: Path | None) -> None:
    """Print the figures of a collector of its own under one policy."""
    chance = random.Random(4)
    with tempfile.TemporaryDirectory() as data:
        os.environ["COUNTERSIGN_DECISION_SECONDS"] = "10"
        os.environ.pop("COUNTERSIGN_POLICY", None)
        if policy is not None:
            os.environ["COUNTERSIGN_POLICY"] = str(policy)
        key, operator = client_key(data), operator_key(data)
        server, port = start("collector", data)
        try:
            tokens = uvloop.run(play(port, data, key, sessions))
            requests = [request(operator, token, number, chance) for number, token in enumerate(tokens)]
            uvloop.run(saturate(port, requests, 1.0))
            before = processor_ms(server.pid)
            most, challenged = uvloop.run(saturate(port, requests, seconds))
            cost = (processor_ms(server.pid) - before) / (most * seconds)
            print(f"decisions {name}, share that issues a challenge  {challenged:.2f}")
            print(f"decisions {name}, a second at saturation  {most:.0f}")
            times = uvloop.run(steady(port, requests, seconds, most / 2))
            told(f"decision {name} at half of that ({most / 2:.0f}/s)", times, f"<= {GOAL_MS:.0f}")
            alive = [http("GET", "/healthz", {})]
            before = processor_ms(server.pid)
            times = uvloop.run(steady(port, alive, seconds / 2, most / 2))
            bare = (processor_ms(server.pid) - before) / len(times)
            told("healthz at the same rate", times)
            print(f"decisions {name}, processor time against healthz  {cost / bare:.0f}  ({cost:.1f} ms and {bare:.2f} ms)")
        finally:
            stop(server)


def processor_ms(pid: int) -> float:
    """Return the processor time that a process has taken."""
    taken = psutil.Process(pid).cpu_times()
    return 1e3 * (taken.user + taken.system)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--sessions", type=int, default=200)
    wanted = parser.parse_args()
    measure("that allow", wanted.seconds, wanted.sessions, None)
    with tempfile.TemporaryDirectory() as folder:
        measure("that challenge", wanted.seconds, wanted.sessions, strict(folder))


if __name__ == "__main__":
    main()
