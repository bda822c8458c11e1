from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backstage.domain.attempt import Attempt
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.later import Later
from backstage.domain.patience import IsOver, never_over
from backstage.domain.retention import Retention
from backstage.domain.search_page import Counted, SearchPage
from backstage.domain.stats import Count, OldestDue
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_search import TaskSearch
from backstage.infra.later_row import later_of
from backstage.infra.moments import to_micros
from backstage.infra.postgres.add import Adding
from backstage.infra.postgres.find import find, find_task
from backstage.infra.postgres.prune import prune
from backstage.infra.postgres.rows import attempt_of
from backstage.infra.postgres.save import save
from backstage.infra.postgres.searching import PostgresLooking
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store
from backstage.infra.postgres.task_ids import is_id
from backstage.infra.searching import count_matching, search_page
from backstage.infra.task_row import task_of
from backstage.infra.unreadable_rows import readable

_CHANGES_OF_A_MOVE = 2
_LOOKED_AT = 10_000


class PostgresTasks:
    """TaskRepository over the server."""

    adds_without_a_loop = False

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
            return await attempts(session, task_id)

        return await self._store.database.run(step) if is_id(task_id) else []

    async def find(self, query: TaskQuery) -> TaskPage:
        async def step(session: Session) -> TaskPage:
            return await find(session, query)

        return await self._store.database.run(step)

    async def search(
        self, search: TaskSearch, limit: int, after: str | None, look_at: int, is_over: IsOver = never_over
    ) -> SearchPage:
        async def step(session: Session) -> SearchPage:
            return await search_page(PostgresLooking(session, search), search, limit, after, look_at, is_over)

        return await self._store.database.run(step)

    async def count_matching(self, search: TaskSearch, look_at: int, is_over: IsOver = never_over) -> Counted:
        async def step(session: Session) -> Counted:
            return await count_matching(PostgresLooking(session, search), search, look_at, is_over)

        return await self._store.database.run(step)

    async def ended_since(self, moment: datetime, limit: int) -> list[Task]:
        async def step(session: Session) -> list[Task]:
            return [task_of(row) for row in await session.fetch(statement("ended_since"), to_micros(moment), limit)]

        return await self._store.database.run(step)

    async def save(self, task: Task) -> None:
        async def step(session: Session) -> None:
            await save(session, task, self._store.time.now())

        await self._store.database.run(step)
        self._store.notifier.wake()
        await self._store.counts.appended(_CHANGES_OF_A_MOVE)

    async def move(self, task: Task, from_queue: str) -> None:
        await self._store.lanes.know([task])
        await self.save(task)

    async def delete(self, tasks: Sequence[Task]) -> int:
        async def step(session: Session) -> int:
            ids, states = [task.id for task in tasks], [task.state.value for task in tasks]
            versions = [task.version for task in tasks]
            return int(await session.value(statement("delete_tasks"), ids, states, versions))

        deleted = await self._store.database.run(step)
        await self._store.counts.appended(len(tasks))
        return deleted

    async def counts(self) -> list[Count]:
        return await self._store.counts.all()

    async def count_due(self, queue: str, at_most: int) -> int:
        async def step(session: Session) -> int:
            number: int = await session.value(statement("count_due"), self._store.time.now(), queue, at_most)
            return number

        return await self._store.database.run(step)

    async def count_later(self, at_most: int) -> Later:
        async def step(session: Session) -> Later:
            [row] = await session.fetch(statement("count_later"), self._store.time.now(), at_most)
            return later_of(row, at_most)

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


async def attempts(session: Session, task_id: str) -> list[Attempt]:
    rows = await session.fetch(statement("find_attempts"), [task_id])
    return list(readable("an attempt", rows, attempt_of))
