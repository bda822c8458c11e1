from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from backstage import (
    Attempt,
    ConfigurationError,
    Counted,
    Duplicate,
    DuplicateTaskError,
    Later,
    OldestDue,
    Retention,
    SearchPage,
    StaleTaskError,
    Task,
    TaskNotFoundError,
    TaskPage,
    TaskQuery,
    TaskSearch,
    TaskState,
)
from backstage.ports import Count, IsOver, count_matching, never_over, search_page
from examples.journal.store import Store


class JournalLooking:
    """One search. A journal has no index, so it goes through all tasks for those to which one would lead."""

    leads_to_no_others = True

    def __init__(self, store: Store, search: TaskSearch) -> None:
        self._store, self._search = store, search

    async def ids(self, below: str | None, number: int) -> Sequence[str]:
        with self._store.lock:
            ids = [
                task.id
                for task in self._store.tasks.values()
                if (below is None or task.id < below) and self._search.leads_to(task)
            ]
        return sorted(ids, reverse=True)[:number]

    async def facts(self, ids: Sequence[str]) -> Sequence[tuple[str, Task | None]]:
        return [(task.id, task) for task in await self.read(ids)]

    async def read(self, ids: Sequence[str]) -> Iterable[Task]:
        with self._store.lock:
            return [self._store.tasks[each] for each in ids if each in self._store.tasks]


class JournalTasks:
    """TaskRepository."""

    adds_without_a_loop = False

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, tasks: Sequence[Task], *, connection: Any = None) -> list[Duplicate | None]:
        if connection is not None:
            raise ConfigurationError("connection", "a journal has no transactions: leave it out")
        with self._store.step():
            return [self._store.add(task) for task in tasks]

    async def get(self, task_id: str) -> Task:
        with self._store.lock:
            if task_id not in self._store.tasks:
                raise TaskNotFoundError(task_id)
            return self._store.tasks[task_id]

    async def attempts(self, task_id: str) -> list[Attempt]:
        with self._store.lock:
            return list(self._store.attempts.get(task_id, ()))

    async def find(self, query: TaskQuery) -> TaskPage:
        with self._store.lock:
            matching = [task for task in self._store.tasks.values() if query.matches(task)]
        page = sorted(matching, key=lambda task: task.id, reverse=True)[: query.limit]
        return TaskPage(tuple(page), page[-1].id if len(matching) > query.limit else None)

    async def search(
        self, search: TaskSearch, limit: int, after: str | None, look_at: int, is_over: IsOver = never_over
    ) -> SearchPage:
        return await search_page(JournalLooking(self._store, search), search, limit, after, look_at, is_over)

    async def count_matching(self, search: TaskSearch, look_at: int, is_over: IsOver = never_over) -> Counted:
        return await count_matching(JournalLooking(self._store, search), search, look_at, is_over)

    async def ended_since(self, moment: datetime, limit: int) -> list[Task]:
        with self._store.lock:
            ended = [(each.finished_at, each) for each in self._store.tasks.values() if each.finished_at is not None]
        ended = sorted((pair for pair in ended if pair[0] >= moment), key=lambda pair: (pair[0], pair[1].id))
        return [task for _, task in ended[:limit]]

    async def save(self, task: Task) -> None:
        with self._store.step():
            stored = await self.get(task.id)
            if stored.version != task.version - 1:
                raise StaleTaskError(task.id)
            holder = self._store.holder(task)
            if task.state is TaskState.PENDING and task.dedupe and holder is not None and holder != task.id:
                raise DuplicateTaskError(task.dedupe.key, holder)
            self._store.put(task.saved_over(stored))

    async def move(self, task: Task, from_queue: str) -> None:
        await self.save(task)

    async def delete(self, tasks: Sequence[Task]) -> int:
        with self._store.step():
            stored = self._store.tasks
            seen = {task.id: (task.state, task.version) for task in tasks if task.id in stored}
            doomed = [id_ for id_, was in seen.items() if (stored[id_].state, stored[id_].version) == was]
            self._store.change(pruned=doomed)
            return len(doomed)

    async def counts(self) -> list[Count]:
        with self._store.lock:
            return [Count(*lane, number, self._store.pruned[lane]) for lane, number in self._store.counts.items()]

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
        with self._store.step():
            oldest_first = sorted(self._prunable(retention), key=lambda task: (task.finished_at, task.id))[:limit]
            self._store.change(pruned=[task.id for task in oldest_first])
            return len(oldest_first)

    def _prunable(self, retention: Retention) -> list[Task]:
        """With both reasons, the longer list holds the other: each is the first of a queue to have ended."""
        prunable: list[Task] = []
        queues = {task.queue for task in self._store.tasks.values()}
        for queue in filter(retention.is_about, queues):
            ended = sorted(
                (task.finished_at, task.id)
                for task in self._store.tasks.values()
                if task.state is retention.state and task.queue == queue and task.finished_at
            )
            by_number, by_age = 0, 0
            if retention.keep_last is not None:
                by_number = max(0, len(ended) - retention.keep_last)
            if retention.max_age is not None:
                oldest = self._store.clock.now() - timedelta(seconds=retention.max_age)
                by_age = sum(finished_at < oldest for finished_at, _ in ended)
            prunable += [self._store.tasks[id_] for _, id_ in ended[: max(by_number, by_age)]]
        return prunable
