"""What is configured, what is missing and how to mend it. Looks only: nothing is made or changed."""

import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from collector import secrets
from collector.bus.open import file_path, open_bus
from collector.policy.rules import load as load_policy
from collector.roles import Role
from collector.settings import Settings
from collector.store import migrate
from collector.store.tables import api_keys
from geo.lookup import Lookup
from signals.model import load_model
from signals.timing.model import parse_model, shipped

AGED_DAYS: Final = 45
"""Free databases come out monthly; past this one was missed."""


_USUAL = 100
"""Events or intervals: of the figures that a timing model states, those that hold for windows of this size are shown."""


class State(StrEnum):
    """How something is: fine, could be better, or in the way of running."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy` says what to do where it is not fine."""

    name: str
    state: State
    detail: str
    remedy: str = ""


def _ok(name: str, detail: str) -> Check:
    return Check(name, State.OK, detail)


def _warning(name: str, detail: str, remedy: str) -> Check:
    return Check(name, State.WARNING, detail, remedy)


def _broken(name: str, detail: str, remedy: str) -> Check:
    return Check(name, State.BROKEN, detail, remedy)


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Yield every check, in the order in which a start needs them."""
    yield _python()
    yield _data(settings.data)
    yield _masters(settings)
    async for check in _database(settings):
        yield check
    yield await _bus(settings)
    yield _geo(settings)
    yield _file("model", lambda: f"version {load_model(settings.model).version}", settings.model, "model")
    yield _file("timing model", lambda: _timing(settings.timing_model), settings.timing_model, "timing_model")
    yield _file("policy", lambda: f"version {load_policy(settings.policy).version}", settings.policy, "policy")
    for check in _extras(settings):
        yield check


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return _ok("python", f"{version} on {sys.platform}")


def _data(folder: Path) -> Check:
    if not folder.exists():
        return _warning("data", f"{folder} is not there yet", "`countersign serve` makes it at its first start")
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return _broken("data", f"{folder} can't be written", "give it to the user that runs the collector, or set COUNTERSIGN_DATA")
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        return _warning("data", f"others can look into {folder}", f"chmod 700 {folder}")
    return _ok("data", str(folder))


def _masters(settings: Settings) -> Check:
    path = settings.data / secrets.FILE
    if not settings.master_keys and not path.exists():
        if settings.database or (settings.data / "countersign.db").exists():
            return _broken("keys", f"{path} is gone, and everything signed so far hangs on it", "restore or set COUNTERSIGN_MASTER_KEYS")
        return _warning("keys", "no master key yet", "`countersign serve` makes one at its first start")
    try:
        held = secrets.load(settings.data, [key.get_secret_value() for key in settings.master_keys])
    except (secrets.BadKeys, OSError) as error:
        return _broken("keys", str(error), "restore the master keys from where you keep them")
    if not settings.master_keys and os.name == "posix" and path.stat().st_mode & 0o077:
        return _warning("keys", f"others can read {path}", f"chmod 600 {path}")
    return _ok("keys", f"{held.version} master key{'s' if held.version > 1 else ''}")


async def _database(settings: Settings) -> AsyncIterator[Check]:
    name = "database"
    try:
        url = make_url(settings.database_url)
    except SQLAlchemyError:
        yield _broken(
            name, "its URL can't be read", "set COUNTERSIGN_DATABASE to a URL such as postgresql+asyncpg://user:password@host/name"
        )
        return
    where = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not _there(url.database):
        yield _warning(name, f"{where} is not there yet", "`countersign serve` makes it at its first start")
        return
    try:
        engine = create_async_engine(url)
        try:
            async with engine.connect() as connection:
                at = await connection.run_sync(migrate.revision)
                roles = await connection.run_sync(_roles) if at is not None else {}
        finally:
            await engine.dispose()
    except (SQLAlchemyError, OSError, ImportError) as error:
        yield _broken(name, f"{where} can't be reached: {str(error).splitlines()[0]}", "start it, or set COUNTERSIGN_DATABASE")
        return
    yield _revision(where, at)
    missing = [role for role in (Role.CLIENT, Role.OPERATOR) if not roles.get(role)]
    if missing:
        yield _warning("api keys", f"none for {' and '.join(missing)}", f"countersign keys create {missing[0]}")
    else:
        yield _ok("api keys", ", ".join(f"{count} {role}" for role, count in sorted(roles.items())))


def _there(path: str | None) -> bool:
    return path is not None and Path(path).exists()


def _revision(where: str, at: str | None) -> Check:
    newest = migrate.newest()
    if at == newest:
        return _ok("database", f"{where}, at revision {at}")
    if at is None or at in _revisions():
        return _warning("database", f"{where} is at revision {at}, this version needs {newest}", "`countersign serve` migrates it")
    return _broken("database", f"{where} is at revision {at}, which this version does not know", "install the version it was used with")


def _revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(migrate.configured()).walk_revisions()}


def _roles(connection: Connection) -> dict[str, int]:
    query = select(api_keys.c.role, func.count()).where(api_keys.c.revoked_us.is_(None)).group_by(api_keys.c.role)
    return {row[0]: row[1] for row in connection.execute(query)}


async def _bus(settings: Settings) -> Check:
    try:
        bus = open_bus(settings.bus, settings)
    except ValueError as error:
        return _broken("bus", str(error), "set COUNTERSIGN_BUS, or leave it out for a file in the data folder")
    path = file_path(settings.bus, settings.data)
    try:
        healthy = await bus.healthy()
    finally:
        await bus.close()
    if path is not None:
        remedy = "make its folder one of the user that runs the collector"
        return _ok("bus", str(path)) if healthy else _broken("bus", f"{path} can't be written", remedy)
    if healthy:
        return _ok("bus", "Kafka answers and has the topic")
    # not broken: the collector runs on, and its outbox keeps what waits
    return _warning("bus", "Kafka does not answer, or has no such topic", "start it, make the topic; until then events wait in the outbox")


def _geo(settings: Settings) -> Check:
    fetch = "run `countersign geo fetch`, or name MMDB files in COUNTERSIGN_GEO"
    try:
        lookup = Lookup(settings.geo, folder=settings.data / "geo", tolerant=True)
    except OSError as error:
        return _broken("geo", str(error), fetch)
    refused, names = lookup.refused, [database.name for database in lookup.databases]
    aged = [f"{database.name} ({days} days)" for database in lookup.databases if (days := _age(database.built)) > AGED_DAYS]
    lookup.close()
    if refused:
        # the collector starts and runs without it, but what was asked for is not there
        told = "; ".join(f"{error} ({error.code})" for error in refused)
        remedy = (
            "replace the file (`countersign geo fetch` does), or take it out; the collector runs without it, and takes it in when mended"
        )
        return _broken("geo", f"{told}; answering: {', '.join(names) or 'none'}", remedy)
    if not names:
        return _warning("geo", "no databases: the network and drift scores abstain", fetch)
    if aged:
        remedy = "run `countersign geo fetch` (what `--source npm` brings is frozen: take another), or whatever writes these files"
        return _warning("geo", f"{', '.join(names)}; old: {', '.join(aged)}", remedy)
    return _ok("geo", ", ".join(names))


def _age(built: int) -> int:
    """Return days since a database was built."""
    return int((time.time() - built) / 86_400)


def _timing(path: Path | None) -> str:
    """Return the version of the timing model, and what its own card says of each channel: on people that were not in the fit."""
    model = shipped() if path is None else parse_model(path.read_bytes())
    version = f"version {model.version} of {model.date}" if path is None else f"version {load_model(None, path).version}"
    own = {name.partition("/")[0]: (name, figures) for name, figures in model.card.items() if float(name.partition("/")[2]) <= _USUAL}
    told = (
        f"{name}: AUC {figures['auc']:.3f}, found at 1 % {figures['tpr_1']:.2f}, calibration error {figures['calibration_error']:.3f}"
        for name, figures in own.values()
    )
    return "; ".join((version, *told)) if own else f"{version}, which states no figures of its own: `countersign fit` writes them"


def _file(name: str, look: Callable[[], str], path: Path | None, setting: str) -> Check:
    try:
        return _ok(name, f"{look()} ({path or 'as shipped'})")
    except (ValueError, OSError) as error:
        return _broken(name, str(error), f"mend {path}, or leave out the setting {setting} for the one that is shipped")


def _extras(settings: Settings) -> Iterator[Check]:
    wanted = {"httptools": "parses HTTP faster"} | ({"uvloop": "a faster event loop"} if sys.platform != "win32" else {})
    for module, what in wanted.items():
        if find_spec(module) is None:
            yield _warning("extras", f"{module} is not installed ({what})", f"pip install {module}")
    if settings.database.startswith("postgresql") and find_spec("asyncpg") is None:
        yield _broken("extras", "asyncpg is not installed, and the database is PostgreSQL", "pip install asyncpg")
