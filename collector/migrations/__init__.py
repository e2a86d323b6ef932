"""How the schema came to be, step by step (Alembic). Packaged, and run by the collector itself when it starts."""
