"""A process that adds, claims and ends tasks for ever, and notes each step of its transactions and checkpoints.

Called with the store's path and the path of its log. A line of the log is the moment in ns (of the clock that all
processes share), the name of the step, and the moment of the file's last change.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import claim_request
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock
from backstage.infra.uuid7_ids import Uuid7Ids

WAL_BYTES = 128 * 1024


class Log:
    def __init__(self, store: str, path: str) -> None:
        self._store = Path(store)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def note(self, step: str) -> None:
        os.write(self._file, f"{time.monotonic_ns()} {step} {self._store.stat().st_mtime_ns}\n".encode())


class Traced(sqlite3.Connection):
    log: Log
    has_lock = False

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        if sql == "BEGIN IMMEDIATE":
            cursor = self._noted(sql, after="locked")  # the write lock is this process's from here …
            self.has_lock = True
            return cursor
        if sql in ("COMMIT", "ROLLBACK") and self.has_lock:
            self.has_lock = False
            return self._noted(sql, before="committing", after="committed")  # … at least until here
        if "wal_checkpoint" in sql:
            return self._noted(sql, before="checkpointing", after="checkpointed")
        return super().execute(sql, *arguments)

    def _noted(self, sql: str, *, before: str = "", after: str) -> sqlite3.Cursor:
        if before:
            self.log.note(before)
        cursor = super().execute(sql)
        self.log.note(after)
        return cursor


async def work(store: str) -> None:
    clock, ids = SystemClock(), Uuid7Ids()
    backend = SqliteBackend(store, clock, synchronous="normal", wal_bytes=WAL_BYTES)
    await backend.open()
    new_task = TaskFactory(clock)
    while True:
        await backend.tasks.add([new_task(id=ids.new(), payload_json=f'"{"x" * 600}"') for _ in range(5)])
        claimed = (await backend.queue.claim(claim_request(5))).tasks
        await backend.queue.settle([task.completed() for task in claimed])
        await backend.tasks.counts()


if __name__ == "__main__":
    Traced.log = Log(*sys.argv[1:])
    sqlite3.connect = partial(sqlite3.connect, factory=Traced)  # type: ignore[assignment]
    asyncio.run(work(sys.argv[1]))
