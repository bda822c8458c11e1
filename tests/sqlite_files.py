"""Files of SQLite that are ready for tasks: to copy one takes a tenth of the time that it takes to make one."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock

NewSqliteFile = Callable[[Path], None]

_BECOME_ANOTHER = "UPDATE backstage_generation SET id = lower(hex(randomblob(16)))"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "tasks.db"

    async def make() -> None:
        backend = SqliteBackend(path, SystemClock())
        await backend.open()
        await backend.close()

    asyncio.run(make())
    return path


@pytest.fixture
def new_sqlite_file(migrated_file: Path) -> NewSqliteFile:
    """Make a store without tasks at the path, as opening it there would."""

    def new(path: Path) -> None:
        shutil.copy(migrated_file, path)
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(_BECOME_ANOTHER)

    return new


@pytest.fixture
def sqlite_url(tmp_path: Path, new_sqlite_file: NewSqliteFile) -> str:
    """Of a store without tasks, as `backstage migrate` makes it in a new file."""
    path = tmp_path / "tasks.db"
    new_sqlite_file(path)
    return f"sqlite:///{path}"
