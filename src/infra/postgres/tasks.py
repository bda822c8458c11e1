from __future__ import annotations

from backstage.domain.attempt import Attempt
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.retention import Retention
from backstage.domain.stats import Count, OldestDue
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.infra.postgres.add import Adding
from backstage.infra.postgres.find import find, find_task
from backstage.infra.postgres.prune import prune
from backstage.infra.postgres.rows import attempt_of
from backstage.infra.postgres.save import save
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store
from backstage.infra.postgres.task_ids import is_id
from backstage.infra.unreadable_rows import readable

_CHANGES_OF_A_MOVE = 2
_LOOKED_AT = 10_000


class PostgresTasks:
    """TaskRepository over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.add = Adding(store).add

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

    async def count_due(self, queue: str, at_most: int) -> int:
        async def step(session: Session) -> int:
            number: int = await session.value(statement("count_due"), self._store.time.now(), queue, at_most)
            return number

        return await self._store.database.run(step)

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
