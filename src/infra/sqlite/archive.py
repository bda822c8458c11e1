from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial

from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.stats import Count
from backstage.domain.task_state import TaskState
from backstage.infra.failure_text import failure_json
from backstage.infra.moments import to_micros
from backstage.infra.sqlite.add import insert_task
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.rows import attempt_of
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer
from backstage.infra.task_row import task_of
from backstage.infra.unreadable_rows import readable


class SqliteArchive:
    """TaskArchive over the file."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer, self._reader = writer, reader

    async def read(self, after: str | None, limit: int) -> list[StoredTask]:
        return await self._reader.run(partial(_read, after or "", limit))

    async def write(self, stored: Sequence[StoredTask]) -> int:
        running = [each.task.id for each in stored if each.task.state is TaskState.RUNNING]
        if running:
            raise ValueError(f"a lease cannot be moved, and these tasks are running: {', '.join(running)}")
        return await self._writer.enqueue(partial(_write, stored))

    async def write_pruned(self, counts: Sequence[Count]) -> None:
        await self._writer.run(partial(_write_pruned, counts))


def _read(after: str, limit: int, connection: sqlite3.Connection) -> list[StoredTask]:
    rows = connection.execute(statement("read_archive"), (after, limit)).fetchall()
    return [_stored(row, connection) for row in rows]


def _stored(row: tuple[object, ...], connection: sqlite3.Connection) -> StoredTask:
    task = task_of(row[1:])
    records = connection.execute(statement("read_attempts"), {"id": row[1]})
    return StoredTask(task, tuple(readable("an attempt", records, lambda record: attempt_of(task.id, record))))


def _write(stored: Sequence[StoredTask], transaction: Transaction) -> int:
    transaction.makes_work = True
    return sum(_write_one(each, transaction) for each in stored)


def _write_one(stored: StoredTask, transaction: Transaction) -> bool:
    seq = insert_task(transaction.cursor, transaction.counts, stored.task, transaction.now())
    if seq is None:
        return False
    records = [
        (
            seq,
            each.fence,
            each.number,
            each.worker_id,
            to_micros(each.started_at),
            to_micros(each.ended_at),
            each.outcome.value,
            failure_json(each.failure),
        )
        for each in stored.attempts
    ]
    transaction.cursor.executemany(statement("insert_attempt"), records)
    return True


def _write_pruned(counts: Sequence[Count], transaction: Transaction) -> None:
    for count in counts:
        transaction.counts.raise_pruned(transaction.cursor, count)
