from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.joining import BeginTransaction, JoinsTransactionsSuite
from backstage.conformance.sharing import SharedStoreSuite
from backstage.conformance.spoiling import Scribble, Spoil, SpoiltTasksSuite
from backstage.conformance.suite import ConformanceSuite
from backstage.domain.task import Task
from backstage.infra.sqlite.backend import SqliteBackend
from tests.conformance.scribbles import SCRIBBLES
from tests.conformance.sizes import Sized
from tests.sqlite_files import NewSqliteFile


class TestSqlite(Sized, ConformanceSuite, SharedStoreSuite, SpoiltTasksSuite, JoinsTransactionsSuite):
    @pytest.fixture
    def folders(self) -> list[Path]:
        """Of the stores that the test has made; the first is the one its trial is on."""
        return []

    @pytest.fixture
    def new_store(
        self, tmp_path_factory: pytest.TempPathFactory, new_sqlite_file: NewSqliteFile, folders: list[Path]
    ) -> NewStore:
        def new_store() -> Connect:
            folder = tmp_path_factory.mktemp("store")
            new_sqlite_file(folder / "tasks.db")
            folders.append(folder)
            return lambda clock: SqliteBackend(folder / "tasks.db", clock)

        return new_store

    @pytest.fixture
    def connect_first(self, tmp_path: Path) -> Connect:
        return lambda clock: SqliteBackend(tmp_path / "tasks.db", clock)

    @pytest.fixture
    def spoil(self, folders: list[Path]) -> Spoil:
        async def spoil(task: Task, field: str, value: Any) -> Any:
            with contextlib.closing(sqlite3.connect(folders[0] / "tasks.db")) as connection, connection:
                [before] = connection.execute(
                    f"SELECT {field} FROM backstage_tasks WHERE id = ?", (task.id,)
                ).fetchone()
                connection.execute(f"UPDATE backstage_tasks SET {field} = ? WHERE id = ?", (value, task.id))
            return before

        return spoil

    @pytest.fixture
    def scribble(self, folders: list[Path]) -> Scribble:
        async def scribble(kind: str) -> None:
            with contextlib.closing(sqlite3.connect(folders[0] / "tasks.db")) as connection, connection:
                connection.execute(SCRIBBLES[kind])

        return scribble

    @pytest.fixture
    def begin(self, folders: list[Path]) -> BeginTransaction:
        @contextlib.asynccontextmanager
        async def begin() -> AsyncIterator[sqlite3.Connection]:
            with contextlib.closing(sqlite3.connect(folders[0] / "tasks.db")) as connection, connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection

        return begin
