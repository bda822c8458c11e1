"""Listing tasks, newest first, from the indexes that leave the fewest others."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_state import LIVE_STATES, TaskState
from backstage.infra.redis.counting import Counting
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.link import Link
from backstage.infra.redis.rows import LETTERS, fields_of, task_of, unpack

Place = tuple[str, str]
"""A task's id and its queue."""


@dataclass(frozen=True, slots=True)
class _Index:
    queue: str
    key: str


class Finding:
    def __init__(self, link: Link, directory: Directory, counting: Counting) -> None:
        self._link, self._directory, self._counting = link, directory, counting

    async def find(self, query: TaskQuery) -> TaskPage:
        found: list[Task] = []
        indexes, after = await self._indexes(query), query.after
        own = query.workflow_id or query.correlation_id  # a task of that very id is in no such index
        if own is not None:
            found += [task for task in await self._read_anywhere([own]) if query.matches(task)]
        while len(found) <= query.limit:
            places = await self._newest(indexes, after, query.limit + 1)
            if not places:
                break
            found += [task for task in await self.read(places) if query.matches(task)]
            after = places[-1][0]
        found.sort(key=lambda task: task.id, reverse=True)
        tasks = tuple(found[: query.limit])
        return TaskPage(tasks, tasks[-1].id if len(found) > query.limit else None)

    async def read(self, places: Sequence[Place]) -> list[Task]:
        """The tasks in the order given; those that are gone are left out."""
        by_queue: dict[str, list[str]] = {}
        for task_id, queue in places:
            by_queue.setdefault(queue, []).append(task_id)
        replies = await self._link.run_each(
            [("read_tasks", self._link.keys.queue(queue), ids) for queue, ids in by_queue.items()]
        )
        tasks: dict[str, Task] = {}
        for (queue, ids), reply in zip(by_queue.items(), replies, strict=True):
            for task_id, flat in zip(ids, unpack(reply), strict=True):
                if flat:
                    tasks[task_id] = task_of(task_id, queue, fields_of(flat))
        return [tasks[task_id] for task_id, _ in places if task_id in tasks]

    async def _read_anywhere(self, ids: list[str]) -> list[Task]:
        by_queue = await self._directory.by_queue(ids)
        return await self.read([(task_id, queue) for queue, each in by_queue.items() for task_id in each])

    async def _indexes(self, query: TaskQuery) -> list[_Index]:
        if query.workflow_id is not None or query.correlation_id is not None:
            name = (
                f"workflow:{query.workflow_id}"
                if query.workflow_id is not None
                else f"correlation:{query.correlation_id}"
            )
            queues = await self._directory.queues() if query.queue is None else [query.queue]
            return [_Index(queue, f"{self._link.keys.queue(queue)}:{name}") for queue in queues]
        return await self.lanes(query)

    async def lanes(self, query: TaskQuery) -> list[_Index]:
        """The indexes of the queues, types and states that have stored tasks and are asked for."""
        indexes: dict[_Index, None] = {}
        for row in await self._counting.counts():
            if (
                row.tasks > row.pruned
                and query.queue in (None, row.queue)
                and query.type in (None, row.type)
                and (not query.states or row.state in query.states)
            ):
                indexes[_Index(row.queue, self._index_key(row.queue, row.type, row.state, query.states))] = None
        return list(indexes)

    def _index_key(self, queue: str, type_: str, state: TaskState, asked: frozenset[TaskState]) -> str:
        keys = self._link.keys.queue(queue)
        if asked and asked & LIVE_STATES == {TaskState.RUNNING} and state is TaskState.RUNNING:
            return f"{keys}:leases"  # few run, while many may wait
        if state in LIVE_STATES:
            return f"{keys}:live:{type_}"
        return f"{keys}:ids:{LETTERS[state]}:{type_}"

    async def _newest(self, indexes: Sequence[_Index], after: str | None, number: int) -> list[Place]:
        """The places of the newest `number` ids before `after`."""
        if not indexes:
            return []
        newest = "+" if after is None else f"({after}"
        replies = await self._link.commands(
            *(
                ("ZRANGE", index.key, 0, -1)
                if index.key.endswith(":leases")
                else ("ZREVRANGEBYLEX", index.key, newest, "-", "LIMIT", 0, number)
                for index in indexes
            )
        )
        lists = [_places(index, reply, after) for index, reply in zip(indexes, replies, strict=True)]
        return heapq.nlargest(number, {place for each in lists for place in each})


def _places(index: _Index, reply: Iterable[bytes], after: str | None) -> list[Place]:
    ids = (each.decode() for each in reply)
    return [(task_id, index.queue) for task_id in ids if after is None or task_id < after]
