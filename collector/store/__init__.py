"""Durable state: one SQL code path over SQLite and PostgreSQL."""
