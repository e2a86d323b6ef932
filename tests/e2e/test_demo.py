"""The stranger's first minute: one command plays the demo, and its verdicts come from the scores."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from signals.model import DEFAULT
from zoo.players import PLAYERS

pytestmark = pytest.mark.alone
LONGEST_S = 240


def demo(**environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "collector.cli", "demo", "--once", "--json"]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=LONGEST_S, check=False)


def test_every_synthetic_player_gets_the_verdict_that_it_ought_to_get() -> None:
    done = demo()
    result = json.loads(done.stdout)
    assert [(player["name"], player["verdict"]) for player in result["players"]] == [(player.name, player.expected) for player in PLAYERS]
    assert done.returncode == 0
    assert all(set(player) == {"name", "expected", "verdict", "risk", "scores", "reasons", "challenge"} for player in result["players"])
    assert result["events"] > len(PLAYERS)


def test_without_weights_nobody_is_told_from_anybody(tmp_path: Path) -> None:
    model = json.loads(DEFAULT.read_text())
    model["weights"] = dict.fromkeys(model["weights"], 0.0)
    (tmp_path / "model.json").write_text(json.dumps(model))
    done = demo(COUNTERSIGN_MODEL=str(tmp_path / "model.json"))
    verdicts = {player["verdict"] for player in json.loads(done.stdout)["players"]}
    assert verdicts == {"allow"}
    assert done.returncode == 1
