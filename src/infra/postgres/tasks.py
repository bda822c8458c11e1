from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backstage.domain.attempt import Attempt
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.retention import Retention
from backstage.domain.stats import Count, OldestDue
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.infra.joined_adds import JoinedAdds
from backstage.infra.postgres.add import Answers, add_tasks
from backstage.infra.postgres.caller_transaction import add_in
from backstage.infra.postgres.find import find, find_task
from backstage.infra.postgres.prune import prune
from backstage.infra.postgres.rows import attempt_of
from backstage.infra.postgres.save import save
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store
from backstage.infra.postgres.task_ids import is_id
from backstage.infra.unreadable_rows import readable

_ADDED_AT_ONCE = 5_000
_CHARACTERS_AT_ONCE = 16 * 1024 * 1024
_CHANGES_OF_A_MOVE = 2
_LOOKED_AT = 10_000


class PostgresTasks:
    """TaskRepository over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._joined = JoinedAdds(
            self._add, store.database.begin, tasks_at_once=_ADDED_AT_ONCE, characters_at_once=_CHARACTERS_AT_ONCE
        )

    async def add(self, tasks: Sequence[Task], *, connection: Any = None) -> list[Duplicate | None]:
        """`connection` is an asyncpg connection to the same database with a transaction open. Workers are woken when it
        commits."""
        if connection is not None:
            return await add_in(connection, self._store, tasks)
        return await self._store.database.at_home(self._joined.add(tasks)) if tasks else []

    async def _add(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        """Runs at home, in a task of its own: one statement for all calls that waited."""
        store = self._store
        lanes = {(task.type, task.queue) for task in tasks}

        async def step(session: Session) -> Answers:
            return await add_tasks(session, tasks, store.time.now())

        if not lanes <= store.lanes.known:
            await store.lanes.know(tasks)
        answers = await store.database.make(step)
        store.notifier.wake_from_home()
        await store.counts.appended(len(lanes))
        return [answers[task.id] for task in tasks]

    async def get(self, task_id: str) -> Task:
        async def step(session: Session) -> Task | None:
            return await find_task(session, task_id)

        task = await self._store.database.run(step)
        if task is None:
            raise TaskNotFoundError(task_id)
        return task

    async def attempts(self, task_id: str) -> list[Attempt]:
        async def step(session: Session) -> list[Attempt]:
            rows = await session.fetch(statement("find_attempts"), [task_id])
            return list(readable("an attempt", rows, attempt_of))

        return await self._store.database.run(step) if is_id(task_id) else []

    async def find(self, query: TaskQuery) -> TaskPage:
        async def step(session: Session) -> TaskPage:
            return await find(session, query)

        return await self._store.database.run(step)

    async def save(self, task: Task) -> None:
        async def step(session: Session) -> None:
            await save(session, task, self._store.time.now())

        await self._store.database.run(step)
        self._store.notifier.wake()
        await self._store.counts.appended(_CHANGES_OF_A_MOVE)

    async def counts(self) -> list[Count]:
        return await self._store.counts.all()

    async def oldest_due(self) -> list[OldestDue]:
        async def step(session: Session) -> list[OldestDue]:
            rows = await session.fetch(statement("oldest_due"), self._store.time.now(), _LOOKED_AT)
            return [OldestDue(queue, type_, waited / 1_000_000) for queue, type_, waited in rows]

        return await self._store.database.run(step)

    async def prune(self, retention: Retention, limit: int) -> int:
        async def step(session: Session) -> int:
            return await prune(session, retention, limit, self._store.time.now())

        pruned = await self._store.database.run(step)
        await self._store.counts.fold()
        return pruned
