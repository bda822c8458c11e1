"""Bringing a file's schema up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from backstage.domain.errors import ConfigurationError
from backstage.domain.opening import Opening
from backstage.infra.migrations import Migration, MigrationStatus, are_applied, migrations_of, pending
from backstage.infra.moments import from_micros, to_micros

_APPLIED = """CREATE TABLE IF NOT EXISTS backstage_migrations (
    version    INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    checksum   TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT"""
_EXISTS = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'backstage_migrations'"
_VIEWS = "SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'backstage_*'"
_CHECKSUMS = "SELECT version, checksum FROM backstage_migrations"
_WHEN = "SELECT version, applied_at FROM backstage_migrations"
_RECORD = "INSERT INTO backstage_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)"


def prepare(connection: sqlite3.Connection, path: Path, now: datetime, opening: Opening) -> list[Migration]:
    """Apply what is pending, as far as whoever opens the file may, and return it. Raises what `apply` raises, and
    StoreNotReadyError."""
    todo = plan(connection, path)
    is_new = len(todo) == len(migrations_of("sqlite"))
    return apply(connection, path, now) if are_applied(todo, opening, is_new=is_new, store=str(path)) else []


def apply(connection: sqlite3.Connection, path: Path, now: datetime) -> list[Migration]:
    """Apply what is pending in one transaction and return it; all or nothing, by one process at a time.

    Raises ConfigurationError as `pending` does, and when the file has a table of that name already.
    """
    if not plan(connection, path):
        return []
    connection.execute("BEGIN IMMEDIATE")
    try:
        applied = plan(connection, path)  # another process may have been first
        if len(applied) == len(migrations_of("sqlite")):
            _drop_views(connection)
        connection.execute(_APPLIED)
        for migration in applied:
            for sql in _statements(migration.sql):
                connection.execute(sql)
            connection.execute(_RECORD, (migration.version, migration.name, migration.checksum, to_micros(now)))
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError) and "already exists" in str(error):
            raise ConfigurationError(str(path), f"{error}, but not by Backstage: name another file") from error
        raise
    return applied


def _drop_views(connection: sqlite3.Connection) -> None:
    """Views of ours outlive tables that somebody dropped; they hold nothing."""
    for (name,) in connection.execute(_VIEWS).fetchall():
        connection.execute(f'DROP VIEW "{name}"')


def plan(connection: sqlite3.Connection, path: Path) -> list[Migration]:
    """Return what `apply` would apply. Raises ConfigurationError as `pending` does."""
    checksums: dict[int, str] = dict(_rows(connection, _CHECKSUMS))
    return pending(migrations_of("sqlite"), checksums, str(path))


def status(connection: sqlite3.Connection) -> list[MigrationStatus]:
    applied: dict[int, int] = dict(_rows(connection, _WHEN))
    return [
        MigrationStatus(
            migration.version,
            migration.name,
            from_micros(applied[migration.version]) if migration.version in applied else None,
        )
        for migration in migrations_of("sqlite")
    ]


def _rows(connection: sqlite3.Connection, sql: str) -> list[tuple[int, Any]]:
    if connection.execute(_EXISTS).fetchone() is None:
        return []
    with closing(connection.execute(sql)) as cursor:
        return cursor.fetchall()


def _statements(sql: str) -> Iterator[str]:
    """Split a script, for `executescript` would commit the transaction that is open."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    assert not statement.strip(), "the last statement has no semicolon"
