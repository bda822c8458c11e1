"""sqlite3, in the caller's thread: statements with their arguments, and executemany."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

Call = tuple[str, str, Any]
"""The cursor's method, the statement, its arguments."""


@asynccontextmanager
async def recording(url: str) -> AsyncIterator[tuple[str, list[Call]]]:
    calls: list[Call] = []
    connect = sqlite3.connect

    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, arguments: Any = (), /) -> Any:
            if not statement.startswith("PRAGMA"):  # no caller waits for a checkpoint
                calls.append(("execute", statement, arguments))
            return super().execute(statement, arguments)

        def executemany(self, statement: str, arguments: Any, /) -> Any:
            arguments = list(arguments)
            calls.append(("executemany", statement, arguments))
            return super().executemany(statement, arguments)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, statement: str, arguments: Any = (), /) -> Any:
            return self.cursor().execute(statement, arguments)

        def executemany(self, statement: str, arguments: Any, /) -> Any:
            return self.cursor().executemany(statement, arguments)

    def recorded(*arguments: Any, **options: Any) -> sqlite3.Connection:
        return connect(*arguments, **{**options, "factory": Connection})

    sqlite3.connect = recorded  # type: ignore[assignment]
    try:
        yield url, calls
    finally:
        sqlite3.connect = connect


@asynccontextmanager
async def replayer(url: str) -> AsyncIterator[Replayer]:
    parts = urlsplit(url)
    path = parts.path.removeprefix("/")
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {'normal' if 'normal' in parts.query else 'full'}")
    connection.execute("PRAGMA temp_store = MEMORY")
    try:
        yield Replayer(connection)
    finally:
        connection.close()


class Replayer:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._cursor = connection.cursor()

    async def replay(self, calls: list[Call]) -> None:
        cursor = self._cursor
        for method, statement, arguments in calls:
            getattr(cursor, method)(statement, arguments).fetchall()

    async def copy(self, rows: list[tuple[str, list[Any]]]) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")
        for statement, values in rows:
            self._cursor.executemany(statement, values)
        self._cursor.execute("COMMIT")


async def rows(url: str, at_once: int) -> list[list[tuple[str, list[Any]]]]:
    """Of every table that has one or more a task."""
    connection = sqlite3.connect(urlsplit(url).path.removeprefix("/"))
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: connection.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall() for name in names}
        batches = []
        for first in range(0, max(map(len, tables.values())) - at_once + 1, at_once):
            batch = []
            for name, found in tables.items():
                if len(found) >= at_once:
                    places = ", ".join("?" * len(found[0]))
                    batch.append((f'INSERT INTO "{name}" VALUES ({places})', found[first : first + at_once]))
            batches.append(batch)
        return batches
    finally:
        connection.close()
