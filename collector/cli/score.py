"""`countersign score`: what the collector would say to recordings."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.common import USAGE, fail, load_settings
from collector.cli.logins import logins

if TYPE_CHECKING:
    from signals.types import Score

app = typer.Typer(help="Score recordings with the service's own code.", no_args_is_help=True)
app.command()(logins)


@app.command()
def inputs(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Traces as JSON lines, plain or gzip.", exists=True, dir_okay=False)],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line on a terminal too.")] = False,
    remember: Annotated[bool, typer.Option("--remember", help="Know again what an earlier trace had, as the collector would.")] = False,
) -> None:
    """Score the timing of recorded input, each trace as a session of its own. A terminal gets a table, everything else JSON lines.

    A line of FILE is {"id", "label", "t_us", "kind", "code", "x", "y", "subject", "device", ...}. Printed is for each one
    {"id", "label", "scores": {"timing": {"value", "confidence", "reasons"}}}; value is null where there is too little to say.
    Exits with 2, naming the line, at the first one that is no trace.
    """
    from collector.recordings import Recordings
    from collector.traces import BadTrace, read
    from signals.combine import load_model
    from signals.model import BadModel
    from signals.types import ScoreName

    try:
        settings = load_settings()
        recordings = Recordings(load_model(settings.model, settings.timing_model), remember)
        for trace in read(file):
            timing = recordings.score(trace).scores[ScoreName.TIMING]
            typer.echo((_as_json if json or not sys.stdout.isatty() else _as_text)(trace.id, trace.label, timing))
    except BrokenPipeError:
        raise  # whoever reads has enough
    except (BadTrace, BadModel, OSError, EOFError) as error:
        fail(str(error), USAGE)


def _as_json(id: str, label: str, timing: "Score") -> str:
    from msgspec import json

    reasons = [{"name": reason.name, "detail": reason.detail, "contribution": reason.contribution} for reason in timing.reasons]
    said: dict[str, Any] = {"value": timing.value, "confidence": timing.confidence, "reasons": reasons}
    return json.encode({"id": id, "label": label, "scores": {"timing": said}}).decode()


def _as_text(id: str, label: str, timing: "Score") -> str:
    value = "   -" if timing.value is None else f"{timing.value:.2f}"
    why = ", ".join(timing.missing) if timing.value is None else ", ".join(reason.name for reason in timing.reasons[:3])
    return f"{value}  {label:<6} {id}  {why}".rstrip()
