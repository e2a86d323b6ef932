"""What the demo plays on: a collector in a process of its own, with a temporary data folder, and files made for the occasion."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import httpx
import msgspec

from collector.clock import SystemClock
from collector.keys import Keys
from collector.manifest import lock
from collector.roles import Role
from collector.settings import Settings
from collector.store.engine import SqlStore
from geo.build import build

GAME: Final = "slots"
BUILD: Final = "1.4.0"
INTERVAL_MS: Final = 1000
"""The demo's clients send every second, so that there is something to see."""
START_S: Final = 600.0
"""The first start after an install compiles what scores: near two minutes of a processor, and there may be but a busy one."""

_PLACES: Final = """network,country_code,city,latitude,longitude,timezone
62.28.0.0/16,PT,Lisbon,38.72,-9.14,Europe/Lisbon
45.33.0.0/17,PT,Lisbon,38.72,-9.14,Europe/Lisbon
49.176.0.0/16,AU,Sydney,-33.87,151.21,Australia/Sydney
"""
"""Made up: who has which address in truth does not matter here."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A collector that answers, and where its things are."""

    url: str
    keys: dict[str, str]
    folder: Path
    events: Path


@contextmanager
def stage() -> Iterator[Stage]:
    """Set everything up, and clear it away. Raises RuntimeError where the collector does not start."""
    with TemporaryDirectory(prefix="countersign-demo-") as name:
        folder = Path(name)
        _assets(folder / "assets")
        _places(folder / "places.mmdb")
        settings = Settings(data=folder / "data", port=0, geo=[folder / "places.mmdb"])
        settings.data.mkdir(mode=0o700)
        keys = asyncio.run(_keys(settings))
        with _collector(settings, folder) as url:
            _lock(url, keys[Role.ADMIN.value], folder / "assets")
            yield Stage(url, keys, folder, settings.data / "events.ndjson")


async def _keys(settings: Settings) -> dict[str, str]:
    store = await SqlStore.open(settings.database_url)
    try:
        keys = Keys(store, SystemClock())
        return {role.value: (await keys.create(role, "demo")).text for role in Role}
    finally:
        await store.close()


@contextmanager
def _collector(settings: Settings, folder: Path) -> Iterator[str]:
    environment = {
        **os.environ,
        "COUNTERSIGN_DATA": str(settings.data),
        "COUNTERSIGN_GEO": json.dumps([str(path) for path in settings.geo]),
        # the players come from one machine: each says where it would be, as a proxy in front of the collector would
        "COUNTERSIGN_TRUSTED_PROXIES": '["127.0.0.1/32"]',
        "COUNTERSIGN_INTERVAL_MS": str(INTERVAL_MS),
        "COUNTERSIGN_SCORE_SECONDS": "1",
        "COUNTERSIGN_LOG_LEVEL": "warning",
        "COUNTERSIGN_DATABASE": "",
        "COUNTERSIGN_BUS": "",
    }
    with (folder / "collector.log").open("w+") as log:
        command = [sys.executable, "-m", "collector.cli", "serve", "--port", "0"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield _address(process, log.name)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def _address(process: "subprocess.Popen[str]", log: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if "http://" in line:
            url = line[line.index("http://") :].strip()
            _await_ready(url)
            return url
    raise RuntimeError(f"the collector did not start: {Path(log).read_text()[-2000:]}")


def _await_ready(url: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            if httpx.get(f"{url}/healthz", timeout=1.0).is_success:
                return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise RuntimeError("the collector does not answer") from None
        time.sleep(0.05)


def _assets(folder: Path) -> None:
    folder.mkdir()
    (folder / "paytable.json").write_text(json.dumps({"star": 20, "gem": 10, "clover": 10, "cherry": 10}))
    (folder / "reels.bin").write_bytes(Random(1).randbytes(200_000))
    (folder / "sprites.bin").write_bytes(Random(2).randbytes(600_000))


def _places(path: Path) -> None:
    table = path.with_suffix(".csv")
    table.write_text(_PLACES)
    build([table], path)


def _lock(url: str, key: str, assets: Path) -> None:
    body = msgspec.json.encode(lock(assets))
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    answer = httpx.put(f"{url}/v1/builds/{GAME}/{BUILD}", content=body, headers=headers, timeout=10.0)
    answer.raise_for_status()
