from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backstage.domain.attempt import Attempt
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import (
    ConfigurationError,
    DuplicateTaskError,
    StaleTaskError,
    TaskNotFoundError,
)
from backstage.domain.retention import Retention
from backstage.domain.stats import Count, OldestDue
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.infra.redis.add import Adding
from backstage.infra.redis.counts import Counting
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.find import Finding
from backstage.infra.redis.link import Link
from backstage.infra.redis.prune import Pruning
from backstage.infra.redis.records import attempts_of
from backstage.infra.redis.rows import condition_of, fields_of, task_of, unpack


class RedisTasks:
    """TaskRepository over scripts. What spans queues is one step for each of them."""

    def __init__(self, link: Link, directory: Directory) -> None:
        self._link, self._directory = link, directory
        self._adding = Adding(link, directory)
        self._counting = Counting(link, directory)
        self._finding = Finding(link, directory, self._counting)
        self._pruning = Pruning(link, directory)

    async def add(self, tasks: Sequence[Task], *, connection: Any = None) -> list[Duplicate | None]:
        if connection is not None:
            raise ConfigurationError("connection", "Redis has no transactions that others could join: leave it out")
        return await self._adding.add(tasks) if tasks else []

    async def get(self, task_id: str) -> Task:
        for queue in await self._directory.by_queue([task_id]):
            for task in await self._finding.read([(task_id, queue)]):
                return task
            self._directory.forget(task_id)
        raise TaskNotFoundError(task_id)

    async def attempts(self, task_id: str) -> list[Attempt]:
        for queue in await self._directory.by_queue([task_id]):
            [(flat, kept)] = unpack(await self._link.run("read_attempts", self._link.keys.queue(queue), [task_id]))
            if flat:
                fields = fields_of(flat)
                return list(attempts_of(task_of(task_id, queue, fields), fields, kept))
        return []

    async def find(self, query: TaskQuery) -> TaskPage:
        return await self._finding.find(query)

    async def save(self, task: Task) -> None:
        argument = [task.id, task.version, condition_of(task)]
        reply = await self._link.run("save_task", self._link.keys.queue(task.queue), argument)
        answer, holder = unpack(reply)
        if answer == "unknown":
            raise TaskNotFoundError(task.id)
        if answer == "held":
            assert task.dedupe is not None
            raise DuplicateTaskError(task.dedupe.key, holder)
        if answer != "saved":
            raise StaleTaskError(task.id)

    async def counts(self) -> list[Count]:
        return await self._counting.counts()

    async def oldest_due(self) -> list[OldestDue]:
        return await self._counting.oldest_due()

    async def prune(self, retention: Retention, limit: int) -> int:
        return await self._pruning.prune(retention, limit)
