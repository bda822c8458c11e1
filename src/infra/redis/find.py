"""Listing tasks, newest first, from the indexes that leave the fewest others."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from backstage.domain.lane_type import plain_type
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_state import LIVE_STATES, TaskState
from backstage.infra.moments import to_micros
from backstage.infra.redis.client import Client
from backstage.infra.redis.counts import Counting
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.rows import LETTERS, fields_of, task_of, unpack

TaskAddress = tuple[str, str]
"""A task's id and its queue."""


@dataclass(frozen=True, slots=True, order=True)
class Index:
    """A sorted set of ids of a queue, by what follows the queue's prefix in its key."""

    queue: str
    name: str


class Searching:
    def __init__(self, client: Client, directory: Directory, counting: Counting) -> None:
        self._client, self._directory, self._counting = client, directory, counting

    async def find(self, query: TaskQuery) -> TaskPage:
        found: list[Task] = []
        indexes, after = await self._indexes(query), query.after
        own = query.workflow_id or query.correlation_id  # a task of that very id is in no such index
        if own is not None:
            found += [task for task in await self._read_anywhere([own]) if query.matches(task)]
        while len(found) <= query.limit:
            newest = await self._newest(indexes, after, query.limit + 1)
            if not newest:
                break
            found += [task for task in await self.read(newest) if query.matches(task)]
            after = newest[-1][0]
        found.sort(key=lambda task: task.id, reverse=True)
        tasks = tuple(found[: query.limit])
        return TaskPage(tasks, tasks[-1].id if len(found) > query.limit else None)

    async def ended_since(self, moment: datetime, limit: int) -> list[Task]:
        queues = await self._directory.queues()
        replies = await self._client.run_each(
            [("ended_since", self._client.keys.queue(queue), [str(to_micros(moment)), limit]) for queue in queues]
        )
        ended = [
            (at, task_id, queue) for queue, reply in zip(queues, replies, strict=True) for at, task_id in unpack(reply)
        ]
        return await self.read([(task_id, queue) for _, task_id, queue in heapq.nsmallest(limit, ended)])

    async def read(self, tasks: Sequence[TaskAddress]) -> list[Task]:
        """The tasks in the order given; those that are gone are left out."""
        by_queue: dict[str, list[str]] = {}
        for task_id, queue in tasks:
            by_queue.setdefault(queue, []).append(task_id)
        replies = await self._client.run_each(
            [("read_tasks", self._client.keys.queue(queue), ids) for queue, ids in by_queue.items()]
        )
        found: dict[str, Task] = {}
        for (queue, ids), reply in zip(by_queue.items(), replies, strict=True):
            for task_id, flat in zip(ids, unpack(reply), strict=True):
                if flat:
                    found[task_id] = task_of(task_id, queue, fields_of(flat))
        return [found[task_id] for task_id, _ in tasks if task_id in found]

    async def _read_anywhere(self, ids: list[str]) -> list[Task]:
        by_queue = await self._directory.by_queue(ids)
        return await self.read([(task_id, queue) for queue, each in by_queue.items() for task_id in each])

    async def _indexes(self, query: TaskQuery) -> list[Index]:
        if query.workflow_id is not None:
            name = f"workflow:{query.workflow_id}"
        elif query.correlation_id is not None:
            name = f"correlation:{query.correlation_id}"
        elif query.key is not None:
            name = f"of:{query.key}"
        elif query.tag is not None:
            name = f"tag:{query.tag}"
        else:
            return await self.lanes(query)
        queues = await self._directory.queues() if query.queue is None else [query.queue]
        return [Index(queue, name) for queue in queues]

    async def lanes(self, query: TaskQuery) -> list[Index]:
        """The indexes of the queues, types and states that have stored tasks and are asked for."""
        indexes = {
            Index(row.queue, _lane(row.type, row.state, query.states))
            for row in await self._counting.counts(of_past=False)
            if row.tasks > row.pruned
            and query.queue in (None, row.queue)
            and query.type in (None, plain_type(row.type))
            and (not query.states or row.state in query.states)
        }
        return sorted(indexes)

    async def _newest(self, indexes: Sequence[Index], after: str | None, number: int) -> list[TaskAddress]:
        """The newest `number` tasks before the id `after`."""
        return heapq.nlargest(
            number, await list_ids(self._client, indexes, ["+" if after is None else f"({after}", number])
        )


async def list_ids(client: Client, indexes: Iterable[Index], bounds: list[object]) -> set[TaskAddress]:
    """The first ids of each index, in one step for each queue, so that a task that moves on is not missed."""
    by_queue: dict[str, list[str]] = {}
    for index in indexes:
        by_queue.setdefault(index.queue, []).append(index.name)
    replies = await client.run_each(
        [("list_ids", client.keys.queue(queue), [names, *bounds]) for queue, names in by_queue.items()]
    )
    return {(task_id, queue) for queue, reply in zip(by_queue, replies, strict=True) for task_id in unpack(reply)}


def _lane(type_: str, state: TaskState, asked: frozenset[TaskState]) -> str:
    if state is TaskState.RUNNING and asked & LIVE_STATES == {TaskState.RUNNING}:
        return "leases"  # few run, while many may wait
    if state in LIVE_STATES:
        return f"live:{type_}"
    return f"ids:{LETTERS[state]}:{type_}"
