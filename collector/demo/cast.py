"""The players of the demo: each in a process of its own, so that one can be traced, hacked or copied without the others."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Final

from collector.demo.stage import BUILD, GAME, INTERVAL_MS, Stage
from zoo.players import PLAYERS, Player

LONGEST_START_S: Final = 40.0


class Gone(RuntimeError):
    """A player's process ended, or fell silent, before it had said what it had to."""


@dataclass(slots=True)
class Actor:
    """One player's process, and what it says of itself."""

    player: Player
    process: "subprocess.Popen[str]"
    device: str = ""
    token: str = ""
    _lines: "Queue[str]" = field(default_factory=Queue)

    def listen(self) -> None:
        """Read what the process prints, in a thread."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def next_word(self, timeout: float) -> None:
        """Wait until the player tells its device and token. Raises Gone."""
        try:
            line = self._lines.get(timeout=timeout)
        except Empty:
            raise Gone(f"{self.player.name} says nothing") from None
        if not line:
            assert self.process.stderr is not None
            raise Gone(f"{self.player.name}: {self.process.stderr.read()[-2000:]}")
        told = json.loads(line)
        self.device, self.token = told["device"], told["token"]


@contextmanager
def cast(stage: Stage, seconds: float) -> Iterator[list[Actor]]:
    """Let everybody begin to play; at the end they leave."""
    actors = [_start(stage, player, seconds, seed) for seed, player in enumerate(PLAYERS, start=1)]
    try:
        for actor in actors:
            threading.Thread(target=actor.listen, daemon=True).start()
        yield actors
    finally:
        for actor in actors:
            assert actor.process.stdin is not None
            actor.process.stdin.close()
        for actor in actors:
            _leave(actor.process)


def _start(stage: Stage, player: Player, seconds: float, seed: int) -> Actor:
    part = {
        "player": player.name,
        "url": stage.url,
        "key": stage.keys["client"],
        "game": GAME,
        "build": BUILD,
        "assets": str(stage.folder / "assets"),
        "data": str(stage.folder / player.name),
        "tape": str(stage.folder / "tape.jsonl"),
        "seconds": seconds,
        "interval": INTERVAL_MS / 1000,
        "seed": seed,
    }
    (stage.folder / player.name).mkdir()
    command = [sys.executable, "-m", "zoo.play", json.dumps(part)]
    pipe = subprocess.PIPE
    return Actor(player, subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True))


def _leave(process: "subprocess.Popen[str]") -> None:
    try:
        process.wait(10.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
