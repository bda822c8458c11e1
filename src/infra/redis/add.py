"""Storing new tasks: calls that come while others are under way share the next round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from operator import attrgetter
from typing import Any

from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import ConfigurationError
from backstage.domain.portions import portions
from backstage.domain.task import Task
from backstage.infra.joined_adds import JoinedAdds
from backstage.infra.redis.client import Client, Flat
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.rows import condition_of, definition_of, unpack

_TASKS_AT_ONCE = 500
_MOST_PLAIN = 2000
"""Tasks whose ids a script can still give to one command."""
_CHARACTERS_AT_ONCE = 4 * 1024 * 1024


class Adding:
    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory
        self._joined = JoinedAdds(
            self._store, self._begin, tasks_at_once=_TASKS_AT_ONCE, characters_at_once=_CHARACTERS_AT_ONCE
        )
        self._storing: asyncio.Task[None] | None = None

    async def add(self, tasks: Sequence[Task], *, connection: Any = None) -> list[Duplicate | None]:
        if connection is not None:
            raise ConfigurationError("connection", "Redis has no transactions that can be joined: leave it out")
        return await self._client.at_home(lambda: self._joined.add_directly(tasks)) if tasks else []

    def _begin(self, storing: Coroutine[Any, Any, None]) -> None:
        self._storing = asyncio.get_running_loop().create_task(storing)  # asyncio itself keeps no reference to it

    def _store(self, tasks: Sequence[Task]) -> Awaitable[list[Duplicate | None]]:
        """At home."""
        is_lone = len(tasks) == 1 and _is_plain(tasks[0])
        return self._store_plain(tasks[0]) if is_lone else self._store_all(tasks)

    async def _store_all(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        """In several messages where one would be too large; each is a step of its own for each queue."""
        answers: list[Duplicate | None] = []
        for portion in portions(tasks, attrgetter("size"), len(tasks)):
            answers += await self._store_portion(portion)
        return answers

    async def _store_portion(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        by_queue: dict[str, list[int]] = {}
        for position, task in enumerate(tasks):
            by_queue.setdefault(task.queue, []).append(position)
        if not by_queue.keys() <= self._directory.registered:
            await self._directory.register(by_queue)
        asked_at = self._client.time.clock.monotonic()
        steps = [
            ("add_tasks", self._client.keys.queue(queue), _argument([tasks[position] for position in positions]))
            for queue, positions in by_queue.items()
        ]
        answers: list[Duplicate | None] = [None] * len(tasks)
        new_queues = []
        for (queue, positions), reply in zip(by_queue.items(), await self._client.run_each_at_home(steps), strict=True):
            is_new, holders = self._told(reply, asked_at, len(positions))
            if is_new:
                new_queues.append(queue)
            for position, holder in zip(positions, holders, strict=True):
                dedupe = tasks[position].dedupe
                if holder and dedupe is not None:
                    answers[position] = Duplicate(holder, dedupe.key)
        if new_queues:
            await self._directory.register_again(new_queues)
        return answers

    async def _store_plain(self, task: Task) -> list[Duplicate | None]:
        """One alone, for which less is to be put together."""
        queue = task.queue
        if queue not in self._directory.registered:
            await self._directory.register([queue])
        asked_at = self._client.time.clock.monotonic()
        steps = [("add_tasks", self._client.keys.queue(queue), Flat(_flat(task)))]
        [reply] = await self._client.run_each_at_home(steps)
        is_new, _ = self._told(reply, asked_at, 1)
        if is_new:
            await self._directory.register_again([queue])
        return [None]

    def _told(self, reply: bytes | int, asked_at: float, number: int) -> tuple[bool, Sequence[Any]]:
        """Whether the queue was new, and the ids of the keys' holders, false where nobody is."""
        now, is_new, holders = (reply, False, (False,) * number) if isinstance(reply, int) else unpack(reply)
        self._client.time.measured(now, asked_at)
        return is_new, holders


def _argument(tasks: Sequence[Task]) -> object:
    """Plain tasks of one queue in the form that takes the script the least, all others in that which tells the most."""
    if len(tasks) <= _MOST_PLAIN and all(map(_is_plain, tasks)):
        flat = Flat()
        for task in tasks:
            flat += _flat(task)
        return flat
    return [stored(task) for task in tasks]


def _flat(task: Task) -> list[str]:
    fields = definition_of(task)
    return [task.id, f"{int(task.priority)}:{task.lane_type}", str(len(fields)), *fields]


def stored(task: Task) -> list[object]:
    """A new task as the scripts take it."""
    return [task.id, definition_of(task) + condition_of(task)]


def _is_plain(task: Task) -> bool:
    """Whether it is new, due at once, without a key, and found by nothing but its type and its queue."""
    return (
        task.dedupe is None
        and task.key is None
        and not task.tags
        and task.correlation_id == task.id == task.workflow_id
        and task.scheduled_at == task.created_at
        and task.version == 1
        and not task.deliveries
    )
