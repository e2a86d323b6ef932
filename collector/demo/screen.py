"""What a person sees: a live table while everybody plays, then verdicts, reasons and events."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from collector.demo.cast import Actor
from collector.demo.score import Row

SCORES = ("timing", "emulator", "integrity", "network", "drift")
_COLOURS = {"allow": "green", "challenge": "yellow", "deny": "red"}
BAR = 10


def live(actors: Sequence[Actor], latest: Mapping[str, Mapping[str, Any]], left_s: float) -> Table:
    """Return the table of the moment. `latest` is the last `device.scored` data by device."""
    table = Table(title=f"Ten synthetic players, {left_s:.0f} s to go", caption="scores: 0 honest, 1 bot; - no evidence yet")
    table.add_column("player")
    table.add_column("what it does", style="dim")
    table.add_column("risk", justify="right")
    for name in SCORES[:-1]:
        table.add_column(name, justify="right")
    for actor in actors:
        data = latest.get(actor.device, {})
        scores = data.get("scores", {})
        table.add_row(
            actor.player.name,
            actor.player.about,
            _number(data.get("risk")),
            *(_number(scores.get(name, {}).get("value")) for name in SCORES[:-1]),
        )
    return table


def verdicts(rows: Sequence[Row]) -> Table:
    """Return the table of logins."""
    table = Table(title="How each login ended")
    for name, options in (("player", {}), ("verdict", {}), ("risk", {"justify": "right"}), ("step-up", {}), ("because", {"ratio": 1})):
        table.add_column(name, **options)
    for row in rows:
        decision, challenge = row.login.decision, row.login.challenge
        verdict = f"[{_COLOURS[decision.verdict]}]{decision.verdict}[/]"
        if not row.as_expected:
            verdict += f" [bold red](expected {row.actor.player.expected})[/]"
        step_up = "" if challenge is None else f"{challenge['kind']}: {'passed, let in' if challenge['passed'] else 'failed, kept out'}"
        table.add_row(row.actor.player.name, verdict, _number(decision.risk), step_up, _because(row))
    return table


def finish(console: Console, rows: Sequence[Row], events: Sequence[Mapping[str, Any]]) -> None:
    """Print the end of the demo."""
    console.print(verdicts(rows))
    kinds = Counter(event["type"] for event in events)
    console.print(f"[bold]{len(events)} events[/] on the risk bus: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    console.print("All players are synthetic; the places of their addresses are made up for the demo.", style="dim")


def _because(row: Row) -> str:
    """Return the policy's reason and the detail of the weightiest evidence against the player."""
    parts = [part for score in row.login.decision.scores.values() for part in score.reasons if part.contribution > 0]
    parts.sort(key=lambda part: -part.contribution)
    return "; ".join([*row.login.decision.reasons[:1], *(part.detail for part in parts[:2])])


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    colour = "green" if value < 0.3 else "yellow" if value < 0.7 else "red"
    return f"[{colour}]{value:.2f}[/]"
