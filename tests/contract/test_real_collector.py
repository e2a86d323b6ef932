"""The SDK and a real collector, over real HTTP: what one says, the other takes."""

import base64
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from collector import edge
from collector.store.tables import batches, devices
from sdk_py import Client
from sdk_py.operator import Operator, OperatorError
from sdk_py.sources.integrity import code_digest
from sdk_py.testing import swallowed
from wire import kinds
from wire.columns import decode, decode_times
from wire.schema import Batch

__all__ = ["swallowed"]


@pytest.fixture(autouse=True)
def _nothing_swallowed(swallowed: list[Exception]) -> None:
    """Let no test pass in which the SDK swallowed an error."""


@pytest.fixture
def game(tmp_path: Path) -> Path:
    folder = tmp_path / "assets"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.bin").write_bytes(bytes([number]) * 5000)
    return folder


@pytest.fixture
def start(collector: Any, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def make(**settings: Any) -> Client:
        settings = {
            "key": collector.keys["client"],
            "game": "slots",
            "build": "1.0",
            "data": tmp_path / "player",
            "interval": 0.05,
            **settings,
        }
        made.append(Client(collector.url, **settings).start())
        return made[-1]

    yield make
    for client in made:
        client.stop()


def wait_for(condition: Callable[[], Any], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.01)


def journal(collector: Any) -> list[Batch]:
    rows = collector.call(collector.service.store.all(select(batches).order_by(batches.c.session, batches.c.seq)))
    return [edge.reopen_batch(row["body"], row["encoding"]) for row in rows]


def register(collector: Any, folder: Path) -> None:
    """Tell the collector what the build's files and the SDK's code are, with a probe for each file."""
    files, probes = [], []
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        files.append({"path": file.name, "size": len(content), "sha256": base64_of(hashlib.sha256(content).digest())})
        right = hashlib.sha256(b"salty as the sea" + content[100:164]).digest()
        probe = {"path": file.name, "offset": 100, "length": 64, "salt": base64_of(b"salty as the sea"), "digest": base64_of(right)}
        probes.append(probe)
    manifest = {"files": files, "probes": probes, "code": [base64_of(code_digest())]}
    authorization = {"authorization": f"Bearer {collector.keys['admin']}"}
    told = httpx.put(f"{collector.url}/v1/builds/slots/1.0", json=manifest, headers=authorization)
    assert told.is_success, told.text


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def ledger(collector: Any, client: Client) -> Any:
    return collector.call(collector.service.sessions.current(client.session)).memory.ledger


def reported(collector: Any) -> bool:
    """Whether the manifest was reported to its end, and the first round of probes answered."""
    stored = journal(collector)
    return any(batch.assets and batch.assets.done for batch in stored) and sum(len(batch.probes) for batch in stored) >= 2


def test_all_that_is_recorded_is_in_the_journal(collector: Any, start: Callable[..., Client]) -> None:
    client = start()
    for x in range(500):
        client.record(kinds.POINTER_MOVE, kinds.BUTTON_NONE, x, 2 * x)
        client.frame()
    client.action("bet", amount=5, round="r-17", lines=20)
    assert client.flush(10.0)
    client.display(gpu="Example Renderer", driver="x11", width=1920, height=1080, refresh_hz=60.0)
    assert client.flush(10.0)
    stored = journal(collector)
    assert [event[1:] for batch in stored for event in decode(batch.input, batch.t0_us)] == [
        (kinds.POINTER_MOVE, 0, x, 2 * x) for x in range(500)
    ]
    assert sum(len(decode_times(batch.frames, batch.t0_us)) for batch in stored) == 500
    assert [(action.name, action.amount) for batch in stored for action in batch.actions] == [("bet", 5.0)]
    assert [batch.facts.gpu for batch in stored if batch.facts] == ["Example Renderer"]
    assert client.losses.total == {}


def test_a_device_is_issued_and_then_known(collector: Any, start: Callable[..., Client]) -> None:
    for _ in range(3):
        client = start()
        wait_for(client.token)
        client.stop()
    (device,) = collector.call(collector.service.store.all(select(devices)))
    assert (device["sessions"], device["counter"], device["cloned"], device["forged"]) == (3, 2, 0, 0)


def test_a_wrong_key_is_refused(collector: Any, start: Callable[..., Client]) -> None:
    client = start(key="ck_nobody")
    wait_for(lambda: client.refused)
    assert client.refused == "unknown_key"


def test_an_operators_key_is_refused(collector: Any, start: Callable[..., Client]) -> None:
    client = start(key=collector.keys["operator"])
    wait_for(lambda: client.refused)
    assert client.refused == "wrong_role"


def test_a_session_that_the_collector_has_forgotten_is_opened_anew(collector: Any, start: Callable[..., Client]) -> None:
    client = start(interval=3600.0)
    client.record(kinds.KEY_DOWN, 1)
    assert client.flush(10.0)
    first = client.session
    collector.call(_expire(collector))
    client.record(kinds.KEY_DOWN, 2)
    assert client.flush(10.0)
    assert client.session != first
    assert [code for batch in journal(collector) for code in batch.input.code].count(2) == 1


async def _expire(collector: Any) -> None:
    collector.service.sessions._life_us = 0
    collector.loop.call_later(0.5, setattr, collector.service.sessions, "_life_us", 10**12)


def test_a_decision_can_be_asked_for_with_the_token(collector: Any, start: Callable[..., Client]) -> None:
    client = start()
    client.record(kinds.KEY_DOWN)
    assert client.flush(10.0)
    with Operator(collector.url, collector.keys["operator"], timeout=10.0) as operator:
        decision = operator.decide(action="login", token=client.token(), user="u-1", context={"ip": "192.0.2.1"})
        without = operator.decide(action="login", token="", user="u-2")
    assert decision.failover is None
    assert set(decision.scores) == {"timing", "emulator", "integrity", "network", "drift"}
    assert "session_missing" not in " ".join(decision.reasons)
    assert without.id != decision.id


def test_a_key_of_the_wrong_role_is_the_operators_own_error(collector: Any) -> None:
    with Operator(collector.url, collector.keys["client"], timeout=10.0) as operator, pytest.raises(OperatorError) as caught:
        operator.decide(action="login", token=None)
    assert caught.value.code == "wrong_role"


def test_a_challenge_that_is_not_there_is_an_error_with_its_code(collector: Any) -> None:
    with Operator(collector.url, collector.keys["operator"], timeout=10.0) as operator, pytest.raises(OperatorError) as caught:
        operator.verify("c_nothing", "d_nothing")
    assert caught.value.status == 404


def test_a_build_as_registered_passes_manifest_probes_and_code(collector: Any, start: Callable[..., Client], game: Path) -> None:
    register(collector, game)
    client = start(assets=game)
    wait_for(lambda: reported(collector))
    found = ledger(collector, client)
    assert found.done
    assert len(found.answered) == 2
    assert found.violations == ()


def test_an_altered_file_is_found_by_its_digest(collector: Any, start: Callable[..., Client], game: Path) -> None:
    register(collector, game)
    content = bytearray((game / "1.bin").read_bytes())
    content[4000] ^= 1
    (game / "1.bin").write_bytes(content)
    client = start(assets=game)
    wait_for(lambda: reported(collector))
    found = ledger(collector, client)
    assert found.violations == ("altered_asset",)
    assert found.paths == ("1.bin",)


def test_files_that_are_altered_behind_the_cache_are_found_by_probes(collector: Any, start: Callable[..., Client], game: Path) -> None:
    register(collector, game)
    client = start(assets=game)
    wait_for(lambda: reported(collector))
    client.stop()
    for file in game.iterdir():
        times = file.stat()
        file.write_bytes(b"?" * 5000)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    cheat = start(assets=game)
    wait_for(lambda: cheat.session and len(ledger(collector, cheat).answered) == 2)
    assert ledger(collector, cheat).violations == ("failed_probe",)
