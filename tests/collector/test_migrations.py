"""The migrations make what tables.py says, on both engines."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from collector.store import migrate
from collector.store.engine import SqlStore
from collector.store.tables import metadata

pytestmark = pytest.mark.anyio
REMEDY = 'tables.py has changed: write a migration by `python -m collector.store.migrate "what changed"`'


def differences(connection: Connection) -> list[object]:
    migrate.upgrade(connection)
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def test_migrations_make_the_tables(database) -> None:
    engine = create_async_engine(database)
    async with engine.begin() as connection:
        assert await connection.run_sync(differences) == [], REMEDY
    await engine.dispose()


async def test_migrations_can_be_taken_back(database) -> None:
    from alembic import command

    engine = create_async_engine(database)
    async with engine.begin() as connection:
        await connection.run_sync(migrate.upgrade)
        await connection.run_sync(lambda sync: command.downgrade(migrate.configured(sync), "base"))
        await connection.run_sync(migrate.upgrade)
        assert await connection.run_sync(migrate.revision) == migrate.newest()
    await engine.dispose()


async def test_numbers_of_the_outbox_never_come_twice(tmp_path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(migrate.upgrade)
        schema = (await connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'outbox'"))).scalar_one()
    await engine.dispose()
    assert "AUTOINCREMENT" in schema


async def test_a_store_that_is_not_migrated_is_not_ready(database) -> None:
    store = await SqlStore.open(database)
    assert await store.ready()
    await store._writer.run(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0000'")))
    assert not await store.ready()
    await store.close()
