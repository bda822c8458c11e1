"""The SQLite file itself, looked at with nothing of ours in between."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.journeys.store_inside import Counts


class StoreFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            return connection.execute(query).fetchall()

    async def counts(self) -> Counts:
        kept = self.rows("SELECT queue, type, state, tasks - pruned FROM backstage_counts")
        return {(queue, type_, state): tasks for queue, type_, state, tasks in kept if tasks}

    async def recount(self) -> Counts:
        found = self.rows("SELECT queue, type, state, count(*) FROM backstage_tasks GROUP BY 1, 2, 3")
        return {(queue, type_, state): tasks for queue, type_, state, tasks in found}

    async def leftovers(self) -> dict[str, int]:
        wanted = {
            "live leases": "SELECT count(*) FROM backstage_tasks WHERE state = 'running'",
            "dedupe keys": "SELECT count(*) FROM backstage_dedupe",
            "workers": "SELECT count(*) FROM backstage_workers WHERE seen_at > unixepoch('now') * 1000000 - 1000000",
        }
        found = {name: self.rows(query)[0][0] for name, query in wanted.items()}
        folder = self._path.with_name(f"{self._path.name}-wake")
        found["wake-up FIFOs"] = len(list(folder.iterdir())) if folder.exists() else 0
        return {name: number for name, number in found.items() if number}

    async def problems(self) -> list[str]:
        return [text for (text,) in self.rows("PRAGMA integrity_check") if text != "ok"]

    async def spoil_payload(self, task_id: str) -> None:
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("UPDATE backstage_tasks SET payload = '{\"n\": ' WHERE id = ?", (task_id,))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the write lock, as another program's transaction does."""
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
