"""Enqueuing in a transaction that is the caller's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import ConfigurationError
from backstage.domain.task import Task
from backstage.infra.sqlite.add import add_tasks
from backstage.infra.sqlite.counts import CountChanges
from backstage.infra.sqlite.store_errors import translate

_MAIN_FILE = "SELECT file FROM pragma_database_list WHERE name = 'main'"


def add_in(connection: Any, path: Path, tasks: Sequence[Task], now: datetime) -> list[Duplicate | None]:
    """Add the tasks in the open transaction of `connection`, all or none; they exist once that commits.

    Runs in the calling thread. Raises ConfigurationError for another file or without an open transaction.
    """
    cursor = _checked(connection, path)
    counts = CountChanges()
    try:
        cursor.execute("SAVEPOINT backstage_add")
        try:
            answers = add_tasks(cursor, counts, tasks, now)
            counts.keep()
            counts.flush(cursor)
        except BaseException:
            if connection.in_transaction:
                cursor.execute("ROLLBACK TO backstage_add")
                cursor.execute("RELEASE backstage_add")
            raise
        cursor.execute("RELEASE backstage_add")
    except sqlite3.Error as error:
        raise translate(error, path) from error
    finally:
        cursor.close()
    return answers


def _checked(connection: Any, path: Path) -> sqlite3.Cursor:
    if not isinstance(connection, sqlite3.Connection):
        kind = type(connection)
        raise ConfigurationError(
            "connection", f"is of type {kind.__module__}.{kind.__name__}: pass a sqlite3.Connection"
        )
    if not connection.in_transaction:
        raise ConfigurationError("connection", "has no transaction open: execute BEGIN IMMEDIATE on it first")
    cursor = connection.cursor()
    cursor.row_factory = None
    (file,) = cursor.execute(_MAIN_FILE).fetchone()
    if not file or not Path(file).samefile(path):
        raise ConfigurationError(
            "connection", f"is to {file or 'memory'}, but the tasks are in {path}: connect to that file"
        )
    return cursor
