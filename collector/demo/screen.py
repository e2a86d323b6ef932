"""What a person sees: a live table while everybody plays, then verdicts, reasons and events."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from collector.demo.cast import Actor
from collector.demo.score import Row

SCORES = ("timing", "emulator", "integrity", "network", "drift")
_COLOURS = {"allow": "green", "challenge": "yellow", "deny": "red"}
ROOMY = 120
"""Characters from which there is room to say what everybody does."""
WORTH_SAYING = 0.5
"""Nats from which a reason is put into words."""


def live(actors: Sequence[Actor], latest: Mapping[str, Mapping[str, Any]], left_s: float, width: int) -> Table:
    """Return the table of the moment, for a terminal of `width` characters. `latest` is the last `device.scored` data by device."""
    roomy = width >= ROOMY
    table = Table(title=f"Ten synthetic players, {left_s:.0f} s to go", caption="scores: 0 honest, 1 bot; - no evidence yet")
    table.add_column("player")
    if roomy:
        table.add_column("what it does", style="dim")
    table.add_column("risk", justify="right")
    for name in SCORES[:-1]:
        table.add_column(name, justify="right")
    for actor in actors:
        data = latest.get(actor.device, {})
        scores = data.get("scores", {})
        table.add_row(
            actor.player.name,
            *((actor.player.about,) if roomy else ()),
            _number(data.get("risk")),
            *(_number(scores.get(name, {}).get("value")) for name in SCORES[:-1]),
        )
    return table


def verdicts(rows: Sequence[Row]) -> Table:
    """Return how each login ended, and below each player why."""
    table = Table("player", "verdict", "risk", "step-up", title="How each login ended", box=box.SIMPLE_HEAD, expand=True)
    for row in rows:
        decision, challenge = row.login.decision, row.login.challenge
        verdict = f"[{_COLOURS[decision.verdict]}]{decision.verdict}[/]"
        if not row.as_expected:
            verdict += f" [bold red](expected {row.actor.player.expected})[/]"
        step_up = "" if challenge is None else f"{challenge['kind']}: {'passed, let in' if challenge['passed'] else 'failed, kept out'}"
        table.add_row(row.actor.player.name, verdict, _number(decision.risk), step_up)
    return table


def because(rows: Sequence[Row]) -> Table:
    """Return the policy's reason, and in words the weightiest evidence, for each player."""
    table = Table.grid("player", "why", padding=(0, 2))
    for row in rows:
        parts = [part for score in row.login.decision.scores.values() for part in score.reasons if part.contribution >= WORTH_SAYING]
        parts.sort(key=lambda part: -part.contribution)
        said = [f"[dim]{part.detail} ({part.contribution:+.1f})[/]" for part in parts[:2]]
        table.add_row(
            row.actor.player.name, " ".join([f"{row.login.decision.reasons[0]}:", *said]) if said else row.login.decision.reasons[0]
        )
    return table


def finish(console: Console, rows: Sequence[Row], events: Sequence[Mapping[str, Any]]) -> None:
    """Print the end of the demo."""
    console.print(verdicts(rows))
    console.print(because(rows))
    console.print()
    kinds = Counter(event["type"] for event in events)
    console.print(f"[bold]{len(events)} events[/] on the risk bus: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    console.print("All players are synthetic; the places of their addresses are made up for the demo.", style="dim")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    colour = "green" if value < 0.3 else "yellow" if value < 0.7 else "red"
    return f"[{colour}]{value:.2f}[/]"
