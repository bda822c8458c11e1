from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from backstage.domain.attempt import Attempt
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.later import Later
from backstage.domain.limits import is_encodable
from backstage.domain.patience import IsOver, never_over
from backstage.domain.ports.clock import Clock
from backstage.domain.retention import Retention
from backstage.domain.search_page import Counted, SearchPage
from backstage.domain.stats import Count, OldestDue
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_search import TaskSearch
from backstage.infra.later_row import later_of
from backstage.infra.moments import to_micros
from backstage.infra.searching import count_matching, search_page
from backstage.infra.sqlite.adds import Adds
from backstage.infra.sqlite.caller_transaction import add_in
from backstage.infra.sqlite.find import ended_since, find, task_by_id
from backstage.infra.sqlite.prune import delete, prune
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.rows import attempt_of
from backstage.infra.sqlite.save import save
from backstage.infra.sqlite.searching import SqliteLooking
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.writer import Writer
from backstage.infra.unreadable_rows import count_of, readable

_COUNTS = "SELECT queue, type, state, tasks, pruned FROM backstage_counts ORDER BY queue, type, state"

_LOOKED_AT = 10_000


class SqliteTasks:
    """TaskRepository over the file."""

    adds_without_a_loop = True

    def __init__(self, writer: Writer, reader: Reader, clock: Clock, path: Path) -> None:
        self._writer, self._reader, self._clock, self._path = writer, reader, clock, path
        self._adds = Adds(writer)

    async def add(self, tasks: Sequence[Task], *, connection: Any = None) -> list[Duplicate | None]:
        """`connection` is a sqlite3.Connection to the same file with a transaction open. Workers are not woken by it:
        they see the tasks at their next look."""
        if connection is not None:
            return add_in(connection, self._path, tasks, self._clock.now())
        return await self._adds.add(tasks)

    async def get(self, task_id: str) -> Task:
        task = await self._reader.run(partial(_get, task_id)) if is_encodable(task_id) else None
        if task is None:
            raise TaskNotFoundError(task_id)
        return task

    async def attempts(self, task_id: str) -> list[Attempt]:
        return await self._reader.run(partial(attempts, task_id)) if is_encodable(task_id) else []

    async def find(self, query: TaskQuery) -> TaskPage:
        return await self._reader.run(partial(find, query))

    async def search(
        self, search: TaskSearch, limit: int, after: str | None, look_at: int, is_over: IsOver = never_over
    ) -> SearchPage:
        return await search_page(SqliteLooking(self._reader, search), search, limit, after, look_at, is_over)

    async def count_matching(self, search: TaskSearch, look_at: int, is_over: IsOver = never_over) -> Counted:
        return await count_matching(SqliteLooking(self._reader, search), search, look_at, is_over)

    async def ended_since(self, moment: datetime, limit: int) -> list[Task]:
        return await self._reader.run(partial(ended_since, to_micros(moment), limit))

    async def save(self, task: Task) -> None:
        await self._writer.run(partial(save, task))

    async def move(self, task: Task, from_queue: str) -> None:
        await self.save(task)

    async def delete(self, tasks: Sequence[Task]) -> int:
        return await self._writer.run(partial(delete, tasks))

    async def counts(self) -> list[Count]:
        return await self._reader.run(_counts)

    async def count_due(self, queue: str, at_most: int) -> int:
        asked: dict[str, int | str] = {"now": to_micros(self._clock.now()), "queue": queue, "at_most": at_most}
        return await self._reader.run(lambda connection: _count_due(asked, connection))

    async def count_later(self, at_most: int) -> Later:
        asked = {"now": to_micros(self._clock.now()), "at_most": at_most}
        return await self._reader.run(partial(_count_later, asked))

    async def oldest_due(self) -> list[OldestDue]:
        return await self._reader.run(partial(_oldest_due, to_micros(self._clock.now())))

    async def prune(self, retention: Retention, limit: int) -> int:
        return await self._writer.run(partial(prune, retention, limit))


def _get(task_id: str, connection: sqlite3.Connection) -> Task | None:
    return task_by_id(connection, task_id)


def attempts(task_id: str, connection: sqlite3.Connection) -> list[Attempt]:
    rows = connection.execute(statement("read_attempts"), {"id": task_id})
    return list(readable("an attempt", rows, lambda row: attempt_of(task_id, row)))


def _counts(connection: sqlite3.Connection) -> list[Count]:
    return list(readable("a count", connection.execute(_COUNTS), count_of))


def _count_due(asked: dict[str, int | str], connection: sqlite3.Connection) -> int:
    number: int = connection.execute(statement("count_due"), asked).fetchone()[0]
    return number


def _count_later(asked: dict[str, int], connection: sqlite3.Connection) -> Later:
    return later_of(connection.execute(statement("count_later"), asked).fetchone(), asked["at_most"])


def _oldest_due(now: int, connection: sqlite3.Connection) -> list[OldestDue]:
    rows = connection.execute(statement("oldest_due"), (now, _LOOKED_AT))
    return [OldestDue(queue, type_, max(0, now - due) / 1_000_000) for queue, type_, due in rows]
