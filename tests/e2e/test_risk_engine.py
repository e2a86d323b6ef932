"""The risk engine's day: the example follows the bus of a real collector, from a file and from Kafka."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from collector.bus.base import Event
from collector.bus.kafka import KafkaBus
from collector.bus.kafka_url import parse

EXAMPLE = Path(__file__).parents[2] / "examples" / "risk_engine.py"


def engine(*arguments: str) -> list[str]:
    done = subprocess.run([sys.executable, str(EXAMPLE), *arguments], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def scored(id: str, device: str, risk: float) -> dict[str, Any]:
    data = {"device": device, "risk": risk, "game": "slots", "build": "1", "reasons": [{"name": "keys.order", "contribution": 2.0}]}
    return {"id": id, "type": "device.scored", "subject": device, "data": data}


def test_the_engine_prints_the_scores_of_a_device_that_plays(collector: Any, raw_player: Any, key_presses: Any) -> None:
    player = raw_player(collector.keys["client"], now_us=collector.service.clock.wall_us())
    headers, body = player.hello()
    player.welcomed(httpx.post(f"{collector.url}/v1/sessions", content=body, headers=headers).content)
    headers, body = player.next(input=key_presses(200, 1))
    assert httpx.post(f"{collector.url}/v1/batches", content=body, headers=headers).status_code == 200
    collector.call(collector.service.relay.stop(10))  # everything that waits is on the bus now
    printed = engine(str(collector.settings.data / "events.ndjson"), "--once")
    assert printed[-1] == "1 devices"
    assert printed[0].startswith(f"{player.device.id}  risk 0.")


def test_repeats_are_dropped_and_the_latest_score_stays(tmp_path: Path) -> None:
    lines = [scored("a", "d_1", 0.1), scored("b", "d_2", 0.2), scored("a", "d_1", 0.1), scored("c", "d_1", 0.9), scored("b", "d_2", 0.2)]
    (tmp_path / "events").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"id": "torn')
    printed = engine(str(tmp_path / "events"), "--once")
    assert [line.split()[0:3] for line in printed[:-1]] == [["d_1", "risk", "0.100"], ["d_2", "risk", "0.200"], ["d_1", "risk", "0.900"]]
    assert printed[-1] == "2 devices"


def test_the_engine_reads_a_topic_likewise(broker: str) -> None:
    import asyncio

    async def publish() -> None:
        bus = KafkaBus(parse(f"kafka://{broker}/risk?timeout_ms=5000"))
        events = [scored("a", "d_1", 0.1), scored("b", "d_2", 0.2), scored("a", "d_1", 0.1)]
        await bus.publish([Event(one["id"], one["type"], one["subject"], json.dumps(one).encode()) for one in events])
        await bus.close()

    asyncio.run(publish())
    printed = engine(f"kafka://{broker}/risk", "--once")
    assert sorted(line.split()[0] for line in printed[:-1]) == ["d_1", "d_2"]
    assert printed[-1] == "2 devices"


@pytest.fixture
def broker() -> Any:
    """librdkafka's built-in broker, which makes topics when they are asked for."""
    from confluent_kafka import Producer

    keeper = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0})
    one = next(iter(keeper.list_topics(timeout=10).brokers.values()))
    yield f"{one.host}:{one.port}"
    del keeper
