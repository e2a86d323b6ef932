"""What Alembic runs. The connection is the caller's, in a transaction: a migration that fails leaves nothing behind."""

from alembic import context

from collector.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
