"""A session opens and takes batches, over a real socket and in process."""

import httpx
import msgspec
import pytest
from sqlalchemy import select

from collector.store.tables import batches, outbox, scores
from wire import schema


def test_a_player_says_hello_and_its_batches_are_acknowledged(collector, raw_player, key_presses) -> None:
    player = raw_player(collector.keys["client"])
    with httpx.Client(base_url=collector.url) as client:
        headers, body = player.hello()
        answer = client.post("/v1/sessions", headers=headers, content=body)
        assert answer.status_code == 201, answer.text
        player.welcomed(answer.content)
        for number in (1, 2, 3):
            headers, body = player.next(input=key_presses(60, number))
            answer = client.post("/v1/batches", headers=headers, content=body)
            assert answer.status_code == 200, answer.text
            assert msgspec.msgpack.decode(answer.content, type=schema.Ack).seq == number

    stored = collector.call(collector.service.store.all(select(batches.c.seq).order_by(batches.c.seq)))
    assert [row["seq"] for row in stored] == [1, 2, 3]
    assert collector.call(collector.service.store.all(select(scores)))
    assert collector.call(collector.service.store.all(select(outbox)))


@pytest.mark.anyio
async def test_the_same_in_process(inside, raw_player, key_presses) -> None:
    player = raw_player(inside.keys["client"])
    headers, body = player.hello()
    player.welcomed((await inside.client.post("/v1/sessions", headers=headers, content=body)).content)
    headers, body = player.next(input=key_presses(60))
    answer = await inside.client.post("/v1/batches", headers=headers, content=body)
    assert answer.status_code == 200, answer.text


def test_a_collector_says_that_it_is_there_and_ready(collector) -> None:
    assert httpx.get(f"{collector.url}/healthz").status_code == 200
    assert httpx.get(f"{collector.url}/readyz").json()["ready"] is True
    assert httpx.get(f"{collector.url}/nothing").json()["code"] == "not_found"
    assert "/v1/batches" in httpx.get(f"{collector.url}/openapi.json").json()["paths"]
