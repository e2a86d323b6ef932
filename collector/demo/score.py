"""What came of it: one row a player, the events that reached the bus, and whether every verdict is the expected one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collector.demo.cast import Actor
from collector.demo.login import Login


@dataclass(frozen=True, slots=True)
class Row:
    """A player and how its login ended."""

    actor: Actor
    login: Login

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that this player ought to get."""
        return self.login.decision.verdict == self.actor.player.expected

    def plain(self) -> dict[str, Any]:
        """Return the row as it is printed with --json."""
        decision = self.login.decision
        return {
            "name": self.actor.player.name,
            "expected": self.actor.player.expected,
            "verdict": decision.verdict,
            "risk": decision.risk,
            "scores": {name: score.value for name, score in decision.scores.items()},
            "reasons": list(decision.reasons),
            "challenge": self.login.challenge,
        }


def events_on_bus(path: Path) -> list[dict[str, Any]]:
    """Return the events of a bus file, each once, in order."""
    if not path.exists():
        return []
    found = {event["id"]: event for event in map(json.loads, path.read_text().splitlines())}
    return list(found.values())


def summary(rows: Sequence[Row], events: int) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {"players": [row.plain() for row in rows], "events": events}
