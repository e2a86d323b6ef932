"""The game developer's day: the example game in a real window, played by X input events, reaches the collector and the bus."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

GAME = Path(__file__).parents[2] / "examples" / "slots" / "game.py"
DEADLINE_S = 30.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs xvfb and xdotool"),
]


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait until the condition gives something."""
    deadline = time.monotonic() + DEADLINE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"timed out waiting for {what}"
        time.sleep(0.1)
    return found


@pytest.fixture
def display() -> Iterator[str]:
    """A virtual X display of its own."""
    reader, writer = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", "1024x768x24", "-nolisten", "tcp"], pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader) as pipe:
        number = pipe.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def xdotool(display: str, *arguments: str) -> str:
    done = subprocess.run(["xdotool", *arguments], env={**os.environ, "DISPLAY": display}, capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.fixture
def game(display: str, collector: Any, tmp_path: Path) -> Iterator[str]:
    """The game, running; yields the id of its window."""
    environment = {
        **os.environ,
        "DISPLAY": display,
        "SDL_VIDEODRIVER": "x11",
        "SDL_AUDIODRIVER": "dummy",
        "XDG_DATA_HOME": str(tmp_path / "home"),
        "HOME": str(tmp_path / "home"),
        "PYTHONSAFEPATH": "",  # the game imports what lies beside it
    }
    (tmp_path / "home").mkdir()
    command = [sys.executable, str(GAME), "--url", collector.url, "--key", collector.keys["client"]]
    process = subprocess.Popen([*command, "--token-file", str(tmp_path / "token")], env=environment)
    try:
        yield until(lambda: xdotool(display, "search", "--onlyvisible", "--class", "."), "the window").splitlines()[0]
    finally:
        process.terminate()
        process.wait()


def play(display: str, window: str) -> None:
    """Press keys, move the pointer and click, as a hand on a keyboard and a mouse would make X do."""
    xdotool(display, "windowfocus", "--sync", window)
    for _ in range(20):
        xdotool(display, "key", "--clearmodifiers", "Up", "sleep", "0.05", "key", "space", "sleep", "0.1")
    for step in range(60):
        xdotool(display, "mousemove", "--window", window, str(40 + step * 5), str(60 + step * 6))
    for _ in range(5):
        xdotool(display, "mousemove", "--window", window, "360", "412", "click", "1", "sleep", "0.2")


def events(data: Path) -> list[dict[str, Any]]:
    file = data / "events.ndjson"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_game_played_by_hand_shows_up_in_the_api_and_on_the_bus(display: str, game: str, collector: Any, tmp_path: Path) -> None:
    token = until(lambda: (tmp_path / "token").exists() and (tmp_path / "token").read_text(), "a login token")
    play(display, game)
    data = collector.settings.data
    # scored after some input came in, not only after the hello
    scored = until(
        lambda: [e for e in events(data) if e["type"] == "device.scored" and e["data"]["seq"] >= 2], "a scored device on the bus"
    )[-1]
    device = scored["data"]["device"]

    answer = httpx.get(f"{collector.url}/v1/devices/{device}", headers={"authorization": f"Bearer {collector.keys['risk']}"})
    assert answer.status_code == 200
    assert scored["data"]["session"] in answer.text

    decision = httpx.post(
        f"{collector.url}/v1/decisions",
        json={"action": "login", "token": token, "user": "somebody"},
        headers={"authorization": f"Bearer {collector.keys['operator']}"},
    ).json()
    made = until(lambda: [e for e in events(data) if e["type"] == "decision.made"], "the decision on the bus")[-1]
    assert made["data"]["decision"] == decision["id"]
