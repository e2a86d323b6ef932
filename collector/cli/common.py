"""What several commands need: the settings, the store, and one way to fail. Nothing heavy is imported before it is used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from collector.settings import Settings
    from collector.store.base import Store

USAGE = 2
"""Exit code for input or settings that can't be used."""
BROKEN = 1
"""Exit code for everything else that did not work."""


def fail(message: str, code: int = BROKEN) -> NoReturn:
    """Say what went wrong on stderr, and exit."""
    typer.echo(f"countersign: {message}", err=True)
    raise typer.Exit(code)


def load_settings(**given: Any) -> "Settings":
    """Return the settings in force; options that are not None win. Exits with 2, naming each bad setting."""
    from pydantic import ValidationError

    from collector.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        fail("\n  ".join(["these settings can't be used:", *map(_plain, error.errors(include_url=False))]), USAGE)
    except ValueError as error:  # a countersign.toml that is no TOML
        fail(f"countersign.toml can't be read: {error}", USAGE)


@asynccontextmanager
async def opened_store(settings: "Settings") -> AsyncIterator["Store"]:
    """Open the configured database, brought up to date, and close it at the end. Exits with 1 where it can't be reached."""
    from sqlalchemy.exc import SQLAlchemyError

    from collector.store.engine import SqlStore

    if not settings.database:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        store = await SqlStore.open(settings.database_url)
    except (SQLAlchemyError, OSError) as error:
        fail(f"the database can't be opened: {first_line(error)}")
    try:
        yield store
    finally:
        await store.close()


def first_line(error: BaseException) -> str:
    """Return an error's own words without the tail that libraries add."""
    return (str(error) or type(error).__name__).splitlines()[0]


def _plain(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    # no value in the message: a setting can be a secret
    return f"{name}: {error['msg']} (countersign.toml, or COUNTERSIGN_{name.split('.')[0].upper()})"
