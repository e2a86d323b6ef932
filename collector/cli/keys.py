"""`countersign keys`: make, list and revoke API keys."""

import asyncio
from typing import Annotated

import typer

from collector.cli.common import USAGE, fail, load_settings, opened_store
from collector.roles import Role

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)


@app.command()
def create(
    role: Annotated[Role, typer.Argument(help="What the key is for.")],
    label: Annotated[str, typer.Option(help="A note to know it by, such as the game's name.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print id, role and key as JSON.")] = False,
) -> None:
    """Make a key. It is printed this once: only its digest is kept."""
    new = asyncio.run(_create(role, label))
    if json:
        _print_json({"id": new[0], "role": role.value, "key": new[1]})
    else:
        typer.echo(f"key {new[0]} for the role {role.value}; it is shown this once", err=True)
        typer.echo(new[1])


@app.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False) -> None:
    """List all keys, the oldest first. The keys themselves are not kept anywhere."""
    rows = asyncio.run(_list())
    if json:
        for row in rows:
            _print_json(row)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "role", "label", "made", "revoked", box=None)
    for row in rows:
        table.add_row(row["id"], row["role"], row["label"], _short(row["created"]), _short(row["revoked"]))
    Console().print(table if rows else "There are no keys yet. Make one with: countersign keys create client")


@app.command()
def revoke(key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `keys list` shows it.")]) -> None:
    """Revoke a key. Running collectors refuse it within ten seconds."""
    asyncio.run(_revoke(key))
    typer.echo(f"key {key} is revoked", err=True)


async def _create(role: Role, label: str) -> tuple[str, str]:
    from collector.clock import SystemClock
    from collector.keys import Keys

    async with opened_store(load_settings()) as store:
        new = await Keys(store, SystemClock()).create(role, label)
    return new.id, new.text


async def _list() -> list[dict[str, str | None]]:
    from collector.clock import SystemClock
    from collector.keys import Keys

    async with opened_store(load_settings()) as store:
        rows = await Keys(store, SystemClock()).list()
    return [
        {
            "id": row["id"],
            "role": row["role"],
            "label": row["label"],
            "created": _date(row["created_us"]),
            "revoked": _date(row["revoked_us"]) if row["revoked_us"] is not None else None,
        }
        for row in rows
    ]


async def _revoke(key: str) -> None:
    from collector.clock import SystemClock
    from collector.keys import Keys
    from collector.problems import Problem

    async with opened_store(load_settings()) as store:
        try:
            await Keys(store, SystemClock()).revoke(key)
        except Problem as problem:
            fail(f"{problem.detail}; `countersign keys list` shows all", USAGE)


def _date(at_us: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at_us // 1_000_000, UTC).isoformat()


def _short(date: str | None) -> str:
    """To the minute, UTC: what fits into eighty columns with everything else."""
    return date[:16].replace("T", " ") if date else ""


def _print_json(value: object) -> None:
    import json

    typer.echo(json.dumps(value))
