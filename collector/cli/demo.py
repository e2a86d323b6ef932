"""`countersign demo`: watch honest and dishonest players being scored, challenged, let in or kept out."""

import json as json_
from typing import Annotated

import typer

from collector.cli.common import BROKEN, fail


def demo(
    once: Annotated[bool, typer.Option("--once", help="Only the result, no live table.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object and nothing else.")] = False,
) -> None:
    """Start a collector, let ten synthetic players play for twenty seconds, and log each of them in.

    Exits with 1 if a verdict is not the one that the player ought to get.
    """
    from rich.console import Console

    from collector.demo.cast import Gone
    from collector.demo.run import run

    console = None if json or once else Console()
    try:
        summary, as_expected = run(console)
    except (Gone, RuntimeError) as error:
        fail(str(error))
    if json:
        typer.echo(json_.dumps(summary))
    elif once:
        for player in summary["players"]:
            typer.echo(f"{player['name']:<18} {player['verdict']:<10} risk {player['risk']:.3f}  {', '.join(player['reasons'])}")
        typer.echo(f"{summary['events']} events on the bus")
    if not as_expected:
        raise typer.Exit(BROKEN)
