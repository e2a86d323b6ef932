"""`countersign score logins`: what the service would have said to past logins."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from collector.cli.common import USAGE, fail, load_settings

if TYPE_CHECKING:
    from gzip import GzipFile

    from collector.backtest import Login
    from signals.types import Assessment


def logins(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines in order of time, plain or gzip; - reads standard input.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Score past logins, each with what was known before it: network and drift.

    A line is {"user", "t" (s), "ip" or "place", "user_agent", "device", "timezone"}; "language", "round" and "label" may be added. A login
    labelled "fraud" is scored and not learned. Exits with 2, naming the line, at the first one that can't be used.
    """
    from collector.backtest import Backtest, BadLogin
    from collector.places import from_files
    from geo.errors import DatabaseError
    from geo.lookup import Lookup
    from signals.combine import load_model
    from signals.model import BadModel

    settings = load_settings()
    try:
        with _opened(file) as lines, closing(Lookup(settings.geo, folder=settings.data / "geo")) as lookup:
            backtest = Backtest(load_model(settings.model), from_files(lookup, settings.company_networks))
            for login, assessment in backtest.scored(lines):
                typer.echo((_as_json if json else _as_text)(login, assessment))
    except BrokenPipeError:
        raise  # whoever reads has enough
    except (BadLogin, OSError, EOFError, BadModel, DatabaseError) as error:
        fail(f"{file}: {error}", USAGE)


def _opened(file: Path) -> "BinaryIO | GzipFile":
    import sys
    from gzip import GzipFile

    if str(file) == "-":
        return sys.stdin.buffer
    with file.open("rb") as start:
        packed = start.read(2) == b"\x1f\x8b"
    return GzipFile(file, "rb") if packed else file.open("rb")


def _as_json(login: "Login", assessment: "Assessment") -> str:
    from msgspec import json

    from collector.backtest import SCORES

    scores = {name: assessment.scores[name] for name in SCORES}
    return json.encode({"user": login.user, "t": login.t, "risk": assessment.risk, "scores": scores}).decode()


def _as_text(login: "Login", assessment: "Assessment") -> str:
    from datetime import UTC, datetime

    from collector.backtest import SCORES

    when = datetime.fromtimestamp(login.t, UTC).isoformat(" ", "seconds")
    values = "  ".join(f"{name} {'-' if (value := assessment.scores[name].value) is None else f'{value:.2f}'}" for name in SCORES)
    worst = [reason.name for reason in assessment.reasons if reason.contribution > 0.0][:3]
    return f"{when}  {login.user}  risk {assessment.risk:.3f}  {values}  {', '.join(worst)}".rstrip()
