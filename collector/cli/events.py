"""`countersign events`: read the risk bus."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.common import USAGE, fail, load_settings

if TYPE_CHECKING:
    from collector.settings import Settings

app = typer.Typer(help="Read the risk bus.", no_args_is_help=True)


@app.command()
def tail(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last events.")] = 20,
    everything: Annotated[bool, typer.Option("--all", help="All events that the bus keeps, the oldest first.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print each event as it is: one CloudEvent a line.")] = False,
) -> None:
    """Print the last events on the bus that is configured, and with --follow those that come."""
    settings = load_settings()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_print(settings, None if everything else lines, follow, json))


@app.command()
def schema() -> None:
    """Print the AsyncAPI document of the bus (the one in docs/asyncapi.json)."""
    import json
    from importlib.metadata import version

    from collector.bus.asyncapi import document

    typer.echo(json.dumps(document(version("countersign")), indent=2))


async def _print(settings: "Settings", last: int | None, follow: bool, json: bool) -> None:
    from aiokafka.errors import KafkaError

    try:
        async for event in _events(settings, last, follow):
            typer.echo(event.decode() if json else _line(event))
    except ValueError as error:
        fail(str(error), USAGE)
    except (KafkaError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        fail(f"the bus can't be read: {error}")


def _events(settings: "Settings", last: int | None, follow: bool) -> AsyncIterator[bytes]:
    from collector.bus.open import file_path, open_bus
    from collector.bus.tail import file_events, kafka_events

    open_bus(settings.bus, settings)  # says what is wrong with the setting, if anything is
    path = file_path(settings.bus, settings.data)
    if path is None:
        return kafka_events(settings.bus, last, follow)
    if not path.exists() and not follow:
        fail(f"there are no events yet: {path} does not exist; a running collector (`countersign serve`) makes it")
    return file_events(path, last, follow)


def _line(event: bytes) -> str:
    from msgspec import MsgspecError
    from msgspec import json as fast

    try:
        read: dict[str, Any] = fast.decode(event)
        return f"{read['time'][:23]}  {read['type']:<19} {read['subject']:<24} {_say(read['type'], read['data'])}".rstrip()
    except (MsgspecError, KeyError, TypeError):
        return f"not an event: {event[:80]!r}"


def _say(kind: str, data: dict[str, Any]) -> str:
    match kind:
        case "device.scored":
            scores = "  ".join(f"{name} {part['value']:.2f}" for name, part in data["scores"].items() if part["value"] is not None)
            return f"risk {data['risk']:.3f}  {scores}"
        case "decision.made":
            return f"{data['verdict']} {data['action']}  {', '.join(data['reasons'])}"
        case "challenge.completed":
            return f"{data['kind']} {'passed' if data['passed'] else 'failed'}"
        case "integrity.violated":
            return ", ".join((*data["violations"], *data["paths"]))
        case "label.received":
            return f"{data['label']} by {data['source']}"
    return ""
