"""The demo from curtain to curtain."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.live import Live

from collector.demo import screen
from collector.demo.cast import LONGEST_START_S, Actor, cast
from collector.demo.login import Desk
from collector.demo.score import Row, events_on_bus, summary
from collector.demo.stage import Stage, stage

PLAY_S: Final = 20.0
SETTLE_S: Final = 10.0
"""The bus gets this long to have every decision."""


def run(console: Console | None) -> tuple[dict[str, Any], bool]:
    """Play the demo, on `console` if there is one. Returns the summary and whether every verdict is the expected one."""
    if console is not None:
        console.print(
            "Starting a collector, which compiles its scoring once after an install, and ten players in processes of their own ...",
            style="dim",
        )
    with stage() as ground, cast(ground, PLAY_S) as actors, _desk(ground) as desk:
        for actor in actors:
            actor.next_word(LONGEST_START_S)
            desk.enrol(actor.player.name)
        for actor in actors:
            if actor.player.then_address is not None:
                desk.login(actor, actor.player.address)
        _watch(ground, actors, console)
        for actor in actors:
            actor.next_word(PLAY_S + LONGEST_START_S)
        rows = [Row(actor, desk.login(actor, actor.player.then_address or actor.player.address)) for actor in actors]
        events = _settled(ground, {row.login.decision.id for row in rows})
    if console is not None:
        screen.finish(console, rows, events)
    return summary(rows, len(events)), all(row.as_expected for row in rows)


@contextmanager
def _desk(ground: Stage) -> Iterator[Desk]:
    desk = Desk(ground)
    try:
        yield desk
    finally:
        desk.close()


def _watch(ground: Stage, actors: list[Actor], console: Console | None) -> None:
    """Show the scores as they reach the bus, while everybody plays."""
    if console is None:
        return
    until = time.monotonic() + PLAY_S
    with Live(console=console, refresh_per_second=4) as view:
        while (left := until - time.monotonic()) > 0:
            latest = {
                event["partitionkey"]: event["data"] for event in events_on_bus(ground.events) if event["type"].endswith("device.scored")
            }
            view.update(screen.live(actors, latest, left, console.width))
            time.sleep(0.25)


def _settled(ground: Stage, decisions: set[str]) -> list[dict[str, Any]]:
    """Return the events of the bus, as soon as it has every decision."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        events = events_on_bus(ground.events)
        seen = {event["data"].get("decision") for event in events if event["type"] == "decision.made"}
        if decisions <= seen or time.monotonic() > deadline:
            return events
        time.sleep(0.1)
