"""`countersign doctor`: what is configured, what is missing and how to mend it."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.common import BROKEN, load_settings

if TYPE_CHECKING:
    from collector.doctor import Check
    from collector.settings import Settings

_MARK = {"ok": ("ok", typer.colors.GREEN), "warning": ("warn", typer.colors.YELLOW), "broken": ("BROKEN", typer.colors.RED)}


def doctor(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Look at everything that the collector needs, changing nothing. Exits with 1 if something is broken, with 0 on mere warnings."""
    from collector import log

    log.configure("error")
    checks = asyncio.run(_examined(load_settings()))
    broken = any(check.state == "broken" for check in checks)
    if json:
        from msgspec import json as fast

        typer.echo(fast.encode({"ok": not broken, "checks": checks}).decode())
    else:
        for check in checks:
            mark, colour = _MARK[check.state]
            typer.echo(f"{typer.style(f'{mark:>6}', fg=colour)}  {check.name:<9} {check.detail}")
            if check.remedy:
                typer.echo(f"{'':>6}  {'':<9} -> {check.remedy}")
    if broken:
        raise typer.Exit(BROKEN)


async def _examined(settings: "Settings") -> "list[Check]":
    from collector.doctor import examine

    return [check async for check in examine(settings)]
