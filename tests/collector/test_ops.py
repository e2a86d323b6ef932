"""What operations sees: health, readiness that tells the truth, counters, and a stop that drains."""

import asyncio
import json
import socket
import threading
import time

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from collector.store.tables import batches


@pytest.mark.anyio
async def test_a_collector_is_ready_until_something_it_takes_is_missing(inside, monkeypatch) -> None:
    async def asked() -> tuple[int, dict]:
        answer = await inside.client.get("/readyz")
        return answer.status_code, answer.json()

    fine = {"ready": True, "store": True, "queue": True, "serving": True, "bus": True, "geo": True, "geo_refused": []}
    assert await asked() == (200, fine)

    inside.service.draining = True
    status, found = await asked()
    assert (status, found["serving"]) == (503, False)
    inside.service.draining = False

    async def broken() -> bool:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(inside.service.store, "ready", broken)
    status, found = await asked()
    assert (status, found["store"]) == (503, False)
    monkeypatch.undo()

    monkeypatch.setattr(inside.service.store._commits, "_bound", 0)
    status, found = await asked()
    assert (status, found["queue"]) == (503, False)
    monkeypatch.undo()

    async def away() -> bool:
        return False

    monkeypatch.setattr(inside.service.bus, "healthy", away)
    status, found = await asked()
    assert (status, found["bus"]) == (200, False), "events wait in the outbox: a bus that is away turns no player away"


@pytest.mark.anyio
async def test_a_store_that_fails_is_a_503_and_not_a_500(inside, raw_player, monkeypatch) -> None:
    async def broken(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("secret dsn"))

    player = raw_player(inside.keys["client"])
    monkeypatch.setattr(inside.service.store, "commit", broken)
    described, body = player.hello()
    answer = await inside.client.post("/v1/sessions", headers=described, content=body)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "secret" not in answer.text


@pytest.mark.anyio
async def test_counters_name_no_session_and_no_address(inside, raw_player) -> None:
    player = raw_player(inside.keys["client"])
    described, body = player.hello()
    player.welcomed((await inside.client.post("/v1/sessions", headers=described, content=body)).content)
    described, body = player.next()
    await inside.client.post("/v1/batches", headers=described, content=body)
    text = (await inside.client.get("/metrics")).text
    assert 'countersign_outcomes_total{outcome="accepted",reason="",what="batch"} 1.0' in text
    assert player.welcome.session not in text
    assert "192.0.2.7" not in text


def test_a_graceful_stop_answers_what_is_under_way_and_hands_everything_over(tmp_path, raw_player, serve_collector) -> None:
    answers: list[int] = []
    with serve_collector(tmp_path, score_seconds=0.0) as running:
        players = [raw_player(running.keys["client"]) for _ in range(8)]
        with httpx.Client(base_url=running.url) as client:
            for player in players:
                described, body = player.hello()
                player.welcomed(client.post("/v1/sessions", headers=described, content=body).content)

        def play(player) -> None:
            with httpx.Client(base_url=running.url) as client:
                for _ in range(200):
                    described, body = player.next()
                    try:
                        answers.append(client.post("/v1/batches", headers=described, content=body).status_code)
                    except httpx.TransportError:
                        return  # no longer listening

        threads = [threading.Thread(target=play, args=(player,)) for player in players]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 20
        while len(answers) < 20 and time.monotonic() < deadline:
            time.sleep(0.005)
    for thread in threads:
        thread.join()
    assert set(answers) == {200}
    told = [json.loads(line) for line in (tmp_path / "events.ndjson").read_text().splitlines()]
    assert len(told) >= len(answers), "a batch that was acknowledged before the stop reached the bus before its end"


def test_a_body_that_trickles_in_is_not_waited_for(tmp_path, serve_collector) -> None:
    with serve_collector(tmp_path, body_seconds=0.2) as running:
        address = ("127.0.0.1", int(running.url.rsplit(":", 1)[1]))
        with socket.create_connection(address, timeout=10) as slow:
            slow.sendall(b"POST /v1/batches HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nfew")
            assert b" 408 " in slow.recv(4096)


def test_a_client_that_goes_away_in_the_middle_harms_nobody(collector, raw_player) -> None:
    address = ("127.0.0.1", int(collector.url.rsplit(":", 1)[1]))
    for _ in range(5):
        with socket.create_connection(address, timeout=10) as gone:
            gone.sendall(b"POST /v1/batches HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nfew")
    assert httpx.get(f"{collector.url}/readyz").status_code == 200
    assert collector.call(collector.service.store.one(select(func.count().label("n")).select_from(batches)))["n"] == 0


def test_a_body_without_a_length_is_bounded_as_it_streams(collector) -> None:
    def endless():
        for _ in range(100):
            yield bytes(10_000)

    answer = httpx.post(f"{collector.url}/v1/batches", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.anyio
async def test_keys_are_kept_as_digests_and_can_be_revoked(inside) -> None:
    from collector.roles import Role

    made = await inside.service.keys.create(Role.RISK, "fraud desk")
    assert made.text.startswith("rk_")
    assert (await inside.service.keys.recognise(made.text)).role is Role.RISK
    listed = await inside.service.keys.list()
    assert made.text not in str([dict(row) for row in listed])
    await asyncio.gather(*(inside.service.keys.recognise(made.text) for _ in range(3)))
    await inside.service.keys.revoke(made.id)
    for again in (inside.service.keys.recognise(made.text), inside.service.keys.revoke(made.id)):
        with pytest.raises(Exception, match=r"no key|not known"):
            await again
