"""Storing new tasks: calls that come while others are under way share the next round trip."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from backstage.domain.dedupe import Duplicate
from backstage.domain.task import Task
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.link import Link
from backstage.infra.redis.rows import condition_of, definition_of, unpack

_TASKS_AT_ONCE = 500
_BYTES_AT_ONCE = 4 * 1024 * 1024


@dataclass(slots=True, eq=False)
class _Waiting:
    tasks: Sequence[Task]
    answer: asyncio.Future[list[Duplicate | None]]


class Adding:
    def __init__(self, link: Link, directory: Directory) -> None:
        self._link, self._directory = link, directory
        self._waiting: deque[_Waiting] = deque()
        self._sender: asyncio.Task[None] | None = None

    async def add(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        return await self._link.at_home(lambda: self._join(tasks))

    async def _join(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(tasks, loop.create_future())
        self._waiting.append(waiting)
        if self._sender is None or self._sender.done():
            self._sender = loop.create_task(self._send_all())
        return await waiting.answer

    async def _send_all(self) -> None:
        while self._waiting:
            group = self._next_group()
            try:
                answers = await self._store([task for each in group for task in each.tasks])
            except BaseException as error:
                for each in group:
                    if not each.answer.done():
                        each.answer.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            position = 0
            for each in group:
                with contextlib.suppress(asyncio.InvalidStateError):  # its waiter was cancelled
                    each.answer.set_result(answers[position : position + len(each.tasks)])
                position += len(each.tasks)

    def _next_group(self) -> list[_Waiting]:
        """At least one call, and as many more as make one message of a reasonable size."""
        group: list[_Waiting] = []
        tasks = size = 0
        while self._waiting and tasks < _TASKS_AT_ONCE and size < _BYTES_AT_ONCE:
            waiting = self._waiting.popleft()
            if not waiting.answer.cancelled():
                group.append(waiting)
                tasks += len(waiting.tasks)
                size += sum(len(task.payload_json) for task in waiting.tasks)
        return group

    async def _store(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        by_queue: dict[str, list[int]] = {}
        for position, task in enumerate(tasks):
            by_queue.setdefault(task.queue, []).append(position)
        if not by_queue:
            return []
        await self._directory.register(by_queue)
        asked_at = self._link.time.clock.monotonic()
        steps = [
            ("add_tasks", self._link.keys.queue(queue), [stored(tasks[position]) for position in positions])
            for queue, positions in by_queue.items()
        ]
        answers: list[Duplicate | None] = [None] * len(tasks)
        new_queues = []
        for (queue, positions), reply in zip(by_queue.items(), await self._link.run_each(steps), strict=True):
            now, is_new, holders = unpack(reply)
            self._link.time.measured(now, asked_at)
            if is_new:
                new_queues.append(queue)
            for position, holder in zip(positions, holders, strict=True):
                dedupe = tasks[position].dedupe
                if holder and dedupe is not None:
                    answers[position] = Duplicate(holder, dedupe.key)
        if new_queues:
            await self._directory.register_again(new_queues)
        return answers


def stored(task: Task) -> list[object]:
    """A new task as the scripts take it."""
    return [task.id, definition_of(task) + condition_of(task)]
