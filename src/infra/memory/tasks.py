from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from backstage.domain.attempt import Attempt
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import ConfigurationError, DuplicateTaskError, StaleTaskError, TaskNotFoundError
from backstage.domain.later import Later
from backstage.domain.patience import IsOver, never_over
from backstage.domain.retention import Retention
from backstage.domain.search_page import Counted, SearchPage
from backstage.domain.stats import Count, OldestDue
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_search import TaskSearch
from backstage.domain.task_state import FINAL_STATES, TaskState
from backstage.infra.memory.searching import MemoryLooking
from backstage.infra.memory.store import MemoryStore
from backstage.infra.searching import count_matching, search_page


class MemoryTasks:
    """TaskRepository over a dict."""

    adds_without_a_loop = True

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def add(self, tasks: Sequence[Task], *, connection: Any = None) -> list[Duplicate | None]:
        if connection is not None:
            raise ConfigurationError("connection", "the memory store has no transactions: leave it out")
        with self._store.lock:
            answers = [self._store.add(task) for task in tasks]
            self._store.wake()
        return answers

    async def get(self, task_id: str) -> Task:
        with self._store.lock:
            try:
                return self._store.tasks[task_id]
            except KeyError:
                raise TaskNotFoundError(task_id) from None

    async def attempts(self, task_id: str) -> list[Attempt]:
        with self._store.lock:
            return list(self._store.attempts.get(task_id, ()))

    async def find(self, query: TaskQuery) -> TaskPage:
        with self._store.lock:
            matching = (task for _, task in sorted(self._store.tasks.items(), reverse=True) if query.matches(task))
            page = [task for task, _ in zip(matching, range(query.limit + 1), strict=False)]
        tasks = tuple(page[: query.limit])
        return TaskPage(tasks, tasks[-1].id if len(page) > query.limit else None)

    async def search(
        self, search: TaskSearch, limit: int, after: str | None, look_at: int, is_over: IsOver = never_over
    ) -> SearchPage:
        return await search_page(MemoryLooking(self._store, search), search, limit, after, look_at, is_over)

    async def count_matching(self, search: TaskSearch, look_at: int, is_over: IsOver = never_over) -> Counted:
        return await count_matching(MemoryLooking(self._store, search), search, look_at, is_over)

    async def ended_since(self, moment: datetime, limit: int) -> list[Task]:
        with self._store.lock:
            ended = [(each.finished_at, each) for each in self._store.tasks.values() if each.finished_at is not None]
        ended = sorted((pair for pair in ended if pair[0] >= moment), key=lambda pair: (pair[0], pair[1].id))
        return [task for _, task in ended[:limit]]

    async def save(self, task: Task) -> None:
        with self._store.lock:
            stored = self._store.tasks.get(task.id)
            if stored is None:
                raise TaskNotFoundError(task.id)
            if stored.version != task.version - 1:
                raise StaleTaskError(task.id)
            holder = self._store.holder(task)
            if task.state is TaskState.PENDING and holder not in (None, task.id):
                assert task.dedupe is not None and holder is not None
                raise DuplicateTaskError(task.dedupe.key, holder)
            self._store.put(task.saved_over(stored))
            self._store.wake()

    async def move(self, task: Task, from_queue: str) -> None:
        await self.save(task)

    async def delete(self, tasks: Sequence[Task]) -> int:
        with self._store.lock:
            seen = {task.id: (task.state, task.version) for task in tasks}
            stored = [self._store.tasks[id_] for id_ in seen if id_ in self._store.tasks]
            doomed = [task for task in stored if (task.state, task.version) == seen[task.id]]
            for task in doomed:
                self._store.delete(task)
        return len(doomed)

    async def counts(self) -> list[Count]:
        with self._store.lock:
            return [
                Count(queue, type_, state, number, self._store.pruned[queue, type_, state])
                for (queue, type_, state), number in sorted(self._store.counts.items())
            ]

    async def count_due(self, queue: str, at_most: int) -> int:
        now = self._store.clock.now()
        with self._store.lock:
            return min(at_most, sum(task.queue == queue and task.is_due(now) for task in self._store.tasks.values()))

    async def count_later(self, at_most: int) -> Later:
        now = self._store.clock.now()
        with self._store.lock:
            pending = [task for task in self._store.tasks.values() if task.state is TaskState.PENDING]
        return Later.of(((task.scheduled_at, task.attempt) for task in pending if not task.is_due(now)), at_most)

    async def oldest_due(self) -> list[OldestDue]:
        now = self._store.clock.now()
        with self._store.lock:
            due = [task for task in self._store.tasks.values() if task.is_due(now)]
        due.sort(key=lambda task: task.scheduled_at, reverse=True)
        oldest = {(task.queue, task.lane_type): task.scheduled_at for task in due}
        return [OldestDue(*lane, (now - moment).total_seconds()) for lane, moment in sorted(oldest.items())]

    async def prune(self, retention: Retention, limit: int) -> int:
        with self._store.lock:
            prunable = sorted(self._prunable(retention), key=_end)[:limit]
            for task in prunable:
                self._store.delete(task)
        return len(prunable)

    def _prunable(self, retention: Retention) -> list[Task]:
        by_queue: dict[str, list[Task]] = {}
        for task in self._store.tasks.values():
            if task.state is retention.state and retention.is_about(task.queue):
                by_queue.setdefault(task.queue, []).append(task)
        prunable: dict[str, Task] = {}
        for tasks in by_queue.values():
            tasks.sort(key=_end, reverse=True)
            if retention.keep_last is not None:
                prunable |= {task.id: task for task in tasks[retention.keep_last :]}
            if retention.max_age is not None:
                oldest = self._store.clock.now() - timedelta(seconds=retention.max_age)
                prunable |= {task.id: task for task in tasks if task.finished_at and task.finished_at < oldest}
        return list(prunable.values())


def _end(task: Task) -> tuple[Any, str]:
    assert task.state in FINAL_STATES
    return task.finished_at, task.id
