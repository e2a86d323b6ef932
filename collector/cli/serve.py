"""`countersign serve`: the collector. Works without any configuration."""

import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.common import USAGE, fail, load_settings, opened_store

if TYPE_CHECKING:
    from collector.settings import Settings

KEEP_ALIVE_S = 75
"""Seconds that an idle connection stays open: longer than clients wait between batches."""
GRACE_S = 10
"""Seconds that open requests have to finish after SIGTERM or Ctrl-C."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.", show_default="8700", min=0, max=65535)] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of store, events and keys.", show_default="per platform")] = None,
) -> None:
    """Run the collector until SIGTERM or Ctrl-C.

    Without any configuration it keeps all its data in one folder, listens on this machine only, and at its first start makes a key for
    the game and one for the operator's login. Every setting is a line of countersign.toml or an environment variable COUNTERSIGN_...
    """
    import asyncio

    import uvicorn

    from collector import log
    from collector.app import build
    from collector.process import settle

    settings = load_settings(host=host, port=port, data=data)
    try:
        log.configure(settings.log_level)
        _settle(settings)
        listener = socket.create_server((settings.host, settings.port), family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        made = asyncio.run(_first_keys(settings))
        app = build(settings)
    except ValueError as error:
        fail(str(error), USAGE)
    except OSError as error:
        fail(f"can't listen on {settings.host}:{settings.port} with data in {settings.data}: {error.strerror or error}")
    _greet(settings, made)
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        # the log would hold players' addresses, and metrics count requests
        access_log=False,
        # whom to believe about addresses is the edge's business (trusted_proxies)
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    # uvicorn raises the signal again once everything is drained: then it is a clean end
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    server = uvicorn.Server(config)
    settle()
    server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(1)


def _end(_signal: int, _frame: object) -> None:
    sys.exit(0)


def _settle(settings: "Settings") -> None:
    """Make the data folder, for its owner only. Raises OSError."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)


async def _first_keys(settings: "Settings") -> dict[str, str]:
    """Return the client and the operator key made at the first start, by role; empty at every later start."""
    from collector.clock import SystemClock
    from collector.keys import Keys
    from collector.roles import Role

    async with opened_store(settings) as store:
        keys = Keys(store, SystemClock())
        if await keys.list():
            return {}
        return {role.value: (await keys.create(role, "first start")).text for role in (Role.CLIENT, Role.OPERATOR)}


def _greet(settings: "Settings", made: dict[str, str]) -> None:
    from urllib.parse import urlsplit

    where = f"{urlsplit(settings.bus).scheme}://..." if settings.bus else "events.ndjson in the data folder"
    typer.echo(f"Countersign listens on http://{settings.host}:{settings.port}")
    typer.echo(f"  data  {settings.data}\n  bus   {where}")
    if made:
        typer.echo("First start: two keys were made. They are shown this once; more with `countersign keys create`.")
        for role, text in made.items():
            typer.echo(f"  {role:<9} {text}")
    sys.stdout.flush()
