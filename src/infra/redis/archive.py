from __future__ import annotations

import heapq
from collections.abc import Sequence

from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.stats import Count
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from backstage.infra.redis.client import Client
from backstage.infra.redis.counts import Counting
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.find import Searching, TaskAddress, list_ids
from backstage.infra.redis.records import attempts_of, record_of
from backstage.infra.redis.rows import (
    LETTERS,
    condition_of,
    definition_of,
    fields_of,
    task_of,
    unpack,
)


class RedisArchive:
    """TaskArchive over the same hashes."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory
        self._searching = Searching(client, directory, Counting(client, directory))

    async def read(self, after: str | None, limit: int) -> list[StoredTask]:
        indexes = await self._searching.lanes(TaskQuery())
        bounds = ["-" if after is None else f"({after}", limit, True]
        while True:
            smallest = heapq.nsmallest(limit, await list_ids(self._client, indexes, bounds))
            stored = await self._stored(smallest)
            if stored or not smallest:
                return stored
            bounds[0] = f"({smallest[-1][0]}"  # all of them were pruned meanwhile

    async def _stored(self, tasks: Sequence[TaskAddress]) -> list[StoredTask]:
        by_queue: dict[str, list[str]] = {}
        for task_id, queue in tasks:
            by_queue.setdefault(queue, []).append(task_id)
        replies = await self._client.run_each(
            [("read_attempts", self._client.keys.queue(queue), ids) for queue, ids in by_queue.items()]
        )
        found: list[StoredTask] = []
        for (queue, ids), reply in zip(by_queue.items(), replies, strict=True):
            for task_id, (flat, kept) in zip(ids, unpack(reply), strict=True):
                if flat:
                    fields = fields_of(flat)
                    task = task_of(task_id, queue, fields)
                    found.append(StoredTask(task, attempts_of(task, fields, kept)))
        return sorted(found, key=lambda stored: stored.task.id)

    async def write(self, stored: Sequence[StoredTask]) -> int:
        running = [each.task.id for each in stored if each.task.state is TaskState.RUNNING]
        if running:
            raise ValueError(f"a lease cannot be moved, and these tasks are running: {', '.join(running)}")
        by_queue: dict[str, list[object]] = {}
        for each in stored:
            by_queue.setdefault(each.task.queue, []).append(_argument(each))
        await self._directory.register(by_queue)
        written = await self._client.run_each(
            [("write_tasks", self._client.keys.queue(queue), tasks) for queue, tasks in by_queue.items()]
        )
        return sum(written)

    async def write_pruned(self, counts: Sequence[Count]) -> None:
        by_queue: dict[str, list[object]] = {}
        for count in counts:
            if count.pruned:
                by_queue.setdefault(count.queue, []).append([LETTERS[count.state], count.type, count.pruned])
        await self._directory.register(by_queue)
        await self._client.run_each(
            [("write_pruned", self._client.keys.queue(queue), rows) for queue, rows in by_queue.items()]
        )


def _argument(stored: StoredTask) -> list[object]:
    records = [[str(attempt.fence), record_of(attempt)] for attempt in stored.attempts]
    return [stored.task.id, definition_of(stored.task) + condition_of(stored.task), records]
