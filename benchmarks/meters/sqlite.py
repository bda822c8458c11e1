from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Self

from benchmarks.scene import Scene

_FRAMES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")


class SqliteMeter:
    """Counts the statements of all connections that this process makes while it is entered."""

    def __init__(self, scene: Scene) -> None:
        self._path = scene.path
        self._counts: Counter[str] = Counter()
        self._connect = sqlite3.connect

    def __enter__(self) -> Self:
        sqlite3.connect = self._counted  # the one place where the store gets its connections
        return self

    def __exit__(self, *_: object) -> None:
        sqlite3.connect = self._connect

    def _counted(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = self._connect(*arguments, **options)
        connection.set_trace_callback(self._count)
        return connection

    def _count(self, statement: str) -> None:
        self._counts["statements"] += 1
        self._counts["transactions"] += statement.startswith("COMMIT")
        self._counts["calls"] += not statement.startswith(_FRAMES)

    async def bytes_used(self) -> int:
        with closing(self._connect(self._path)) as connection:
            pages, free, size = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    async def connections(self) -> int:
        """A file has none."""
        return 0

    async def work(self) -> Mapping[str, float]:
        return {"calls": 0.0, **self._counts}

    def per_task(self, work: Mapping[str, float], tasks: int) -> dict[str, float]:
        return {
            "statements_per_task": work["statements"] / tasks,
            "tasks_per_transaction": tasks / max(work["transactions"], 1),
        }
