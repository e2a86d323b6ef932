"""Let one synthetic player play in this process, through the real SDK, over real HTTP, in real time.

    python -m zoo.play '{"player": "honest", "url": "http://127.0.0.1:8700", "key": "ck_...", ...}'

Prints one JSON line when its session is open and one when it has played: {"device", "session", "token"}. Ends when standard input closes.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final

from sdk_py import Client
from sdk_py.sources.clock import Clock
from wire import kinds
from zoo import machines, tracer
from zoo.gesture import Gesture, Play
from zoo.players import PLAYERS, Player

FRAME_S: Final = 1 / 60
REPLAY_LAG_S: Final = 3.0
"""How long after the honest player the replayer does the same: by then the recording is known to the collector."""
REPLAY_NOISE_S: Final = 0.004
HACKED_SPEED: Final = 1.5
OPEN_WITHIN_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Part:
    """What one process is told: who to be, where to play, for how long, with which seed and files."""

    player: str
    url: str
    key: str
    game: str
    build: str
    assets: str
    data: str
    tape: str
    """File to which the honest player's gestures are recorded, and from which the replayer plays them."""
    seconds: float
    interval: float
    seed: int


class Tape:
    """A recording that one process writes and another reads while it grows: one JSON line a gesture."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, play: Play) -> Play:
        """Pass gestures on, and keep them."""
        with self._path.open("w", buffering=1) as file:
            for gesture in play:
                file.write(json.dumps(gesture) + "\n")
                yield gesture

    def replay(self, rng: Random) -> Play:
        """Play what was recorded `REPLAY_LAG_S` before, each interval with a little noise."""
        while not self._path.exists():
            time.sleep(0.02)
        time.sleep(REPLAY_LAG_S)
        with self._path.open() as file:
            for wait_s, *event in self._lines(file):
                yield Gesture(max(0.0, wait_s + rng.gauss(0.0, REPLAY_NOISE_S)), *event)

    def _lines(self, file: Iterator[str]) -> Iterator[list[Any]]:
        part = ""
        while True:
            part += next(file, "")
            if part.endswith("\n"):
                yield json.loads(part)
                part = ""
            else:
                time.sleep(0.02)


def perform(client: Client, play: Play, until: float, now: Callable[[], float] = time.monotonic) -> None:
    """Do what `play` says, and draw frames meanwhile, until `now()` reaches `until`."""
    gesture = next(play)
    due, frame_due, spins = now() + gesture.wait_s, now(), 0
    while now() < until:
        wait = min(due, frame_due) - now()
        if wait > 0:
            time.sleep(wait)
        if now() >= frame_due:
            client.frame()
            frame_due = max(frame_due + FRAME_S, now())
        if now() >= due:
            client.record(gesture.kind, gesture.code, gesture.x, gesture.y)
            if gesture.kind == kinds.POINTER_UP:
                spins += 1
                client.action("bet", amount=5, round=f"r-{spins}")
            gesture = next(play)
            due += gesture.wait_s


def _client(part: Part, player: Player, data: Path, clock: Clock | None = None) -> Client:
    return Client(
        part.url,
        key=part.key,
        game=part.game,
        build=part.build,
        assets=part.assets,
        data=data,
        clock=clock,
        device=lambda: machines.LAPTOP,
        headers={"x-forwarded-for": player.address},
        interval=part.interval,
    ).start()


def _opened(client: Client) -> Client:
    deadline = time.monotonic() + OPEN_WITHIN_S
    while not client.token():
        if client.refused or time.monotonic() > deadline:
            raise SystemExit(f"no session: {client.refused or 'the collector does not answer'}")
        time.sleep(0.02)
    return client


def _edit_an_asset(assets: Path, copy: Path) -> Path:
    shutil.copytree(assets, copy)
    victim = min(path for path in copy.rglob("*") if path.is_file())
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 0x20
    victim.write_bytes(content)
    return copy


def _copy_a_device(part: Part, player: Player, copy: Path) -> None:
    """Meet the collector as the rightful owner, copy the device file, and let the owner come once more: then the copy is behind."""
    owner = Path(part.data) / "owner"
    _opened(_client(part, player, owner)).stop()
    shutil.copytree(owner, copy)
    _opened(_client(part, player, owner)).stop()


def _fast_clock() -> Clock:
    began = time.perf_counter_ns()
    return Clock(mono_ns=lambda: began + int((time.perf_counter_ns() - began) * HACKED_SPEED))


def run(part: Part) -> None:
    """Play one part to its end."""
    player = next(one for one in PLAYERS if one.name == part.player)
    rng, data, tape = Random(part.seed), Path(part.data) / "device", Tape(Path(part.tape))
    play, clock, traced = player.hands(rng), None, None
    match player.trick:
        case "replay":
            play = tape.replay(rng)
        case "tampered_asset":
            part = replace(part, assets=str(_edit_an_asset(Path(part.assets), Path(part.data) / "assets")))
        case "tracer":
            traced = tracer.trace_here()
        case "speed_hack":
            clock = _fast_clock()
        case "cloned_device":
            _copy_a_device(part, player, data)
        case "none":
            play = tape.record(play) if player.name == "honest" else play
    client = _opened(_client(part, player, data, clock))
    _tell(client, data)
    perform(client, play, time.monotonic() + part.seconds)
    client.flush(timeout=5.0)
    _tell(client, data)
    sys.stdin.read()
    client.stop()
    if traced is not None:
        traced.kill()
        traced.communicate()


def _tell(client: Client, data: Path) -> None:
    kept = json.loads(next(data.glob("device-*.json")).read_text())
    print(json.dumps({"device": kept["id"], "session": client.session, "token": client.token()}), flush=True)


if __name__ == "__main__":
    run(Part(**json.loads(sys.argv[1])))
