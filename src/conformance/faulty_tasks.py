from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backstage.conformance.fault_plan import FaultPlan
from backstage.domain.attempt import Attempt
from backstage.domain.dedupe import Duplicate
from backstage.domain.later import Later
from backstage.domain.patience import IsOver, never_over
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.retention import Retention
from backstage.domain.search_page import Counted, SearchPage
from backstage.domain.stats import Count, OldestDue
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_search import TaskSearch


class FaultyTasks:
    """A TaskRepository whose calls fail by plan."""

    adds_without_a_loop = False

    def __init__(self, tasks: TaskRepository, plan: FaultPlan) -> None:
        self._tasks, self._plan = tasks, plan

    async def add(self, tasks: Sequence[Task], *, connection: Any = None) -> list[Duplicate | None]:
        return await self._plan.around(lambda: self._tasks.add(tasks, connection=connection))

    async def get(self, task_id: str) -> Task:
        return await self._plan.around(lambda: self._tasks.get(task_id))

    async def attempts(self, task_id: str) -> list[Attempt]:
        return await self._plan.around(lambda: self._tasks.attempts(task_id))

    async def find(self, query: TaskQuery) -> TaskPage:
        return await self._plan.around(lambda: self._tasks.find(query))

    async def search(
        self, search: TaskSearch, limit: int, after: str | None, look_at: int, is_over: IsOver = never_over
    ) -> SearchPage:
        return await self._plan.around(lambda: self._tasks.search(search, limit, after, look_at, is_over))

    async def count_matching(self, search: TaskSearch, look_at: int, is_over: IsOver = never_over) -> Counted:
        return await self._plan.around(lambda: self._tasks.count_matching(search, look_at, is_over))

    async def save(self, task: Task) -> None:
        await self._plan.around(lambda: self._tasks.save(task))

    async def move(self, task: Task, from_queue: str) -> None:
        await self._plan.around(lambda: self._tasks.move(task, from_queue))

    async def delete(self, tasks: Sequence[Task]) -> int:
        return await self._plan.around(lambda: self._tasks.delete(tasks))

    async def counts(self) -> list[Count]:
        return await self._plan.around(self._tasks.counts)

    async def count_due(self, queue: str, at_most: int) -> int:
        return await self._plan.around(lambda: self._tasks.count_due(queue, at_most))

    async def count_later(self, at_most: int) -> Later:
        return await self._plan.around(lambda: self._tasks.count_later(at_most))

    async def oldest_due(self) -> list[OldestDue]:
        return await self._plan.around(self._tasks.oldest_due)

    async def prune(self, retention: Retention, limit: int) -> int:
        return await self._plan.around(lambda: self._tasks.prune(retention, limit))
