from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from backstage.domain.attempt import Attempt
from backstage.domain.errors import (
    DuplicateTaskError,
    StaleTaskError,
    TaskNotFoundError,
)
from backstage.domain.later import Later
from backstage.domain.patience import IsOver, never_over
from backstage.domain.search_page import Counted, SearchPage
from backstage.domain.task import Task
from backstage.domain.task_search import TaskSearch
from backstage.infra.later_row import later_of
from backstage.infra.redis.add import Adding
from backstage.infra.redis.client import Client
from backstage.infra.redis.counts import Counting
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.find import Searching
from backstage.infra.redis.outbox import Outbox, outbox_item
from backstage.infra.redis.prune import Pruning
from backstage.infra.redis.records import attempts_of
from backstage.infra.redis.rows import LETTERS, condition_of, fields_of, task_of, unpack
from backstage.infra.redis.searching import RedisLooking
from backstage.infra.searching import count_matching, search_page

_LEAST_OF_A_QUEUE = 100
"""Tasks that are counted of each queue, however many queues there are."""


class RedisTasks:
    """TaskRepository over scripts. What spans queues is one step for each of them. A verb with a file has it there."""

    adds_without_a_loop = False

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory
        self._outbox = Outbox(client, directory)
        counting = Counting(client, directory)
        searching = Searching(client, directory, counting)
        self.add = Adding(client, directory).add
        self.find, self.ended_since, self._read = searching.find, searching.ended_since, searching.read
        self.counts, self.oldest_due = counting.counts, counting.oldest_due
        self.prune = Pruning(client, directory).prune

    async def get(self, task_id: str) -> Task:
        for _ in range(2):  # what is remembered of it may be from before it was moved
            for queue in await self._directory.by_queue([task_id]):
                for task in await self._read([(task_id, queue)]):
                    return task
                self._directory.forget(task_id)
        raise TaskNotFoundError(task_id)

    async def attempts(self, task_id: str) -> list[Attempt]:
        for queue in await self._directory.by_queue([task_id]):
            [(flat, kept)] = unpack(await self._client.run("read_attempts", self._client.keys.queue(queue), [task_id]))
            if flat:
                fields = fields_of(flat)
                return list(attempts_of(task_of(task_id, queue, fields), fields, kept))
        return []

    async def count_due(self, queue: str, at_most: int) -> int:
        number: int = await self._client.run("count_due", self._client.keys.queue(queue), None)
        return min(at_most, number)

    async def count_later(self, at_most: int) -> Later:
        queues = await self._directory.queues()
        portion = max(_LEAST_OF_A_QUEUE, at_most // max(1, len(queues)))
        steps = [("count_later", self._client.keys.queue(queue), portion) for queue in queues]
        replies = [unpack(reply) for reply in await self._client.run_each(steps)]
        return Later.together(
            later_of((number, again, *(int(first) if first else None for first in firsts)), portion)
            for number, again, *firsts in replies
        )

    async def search(
        self, search: TaskSearch, limit: int, after: str | None, look_at: int, is_over: IsOver = never_over
    ) -> SearchPage:
        return await search_page(
            RedisLooking(self._client, self._directory, search), search, limit, after, look_at, is_over
        )

    async def count_matching(self, search: TaskSearch, look_at: int, is_over: IsOver = never_over) -> Counted:
        return await count_matching(RedisLooking(self._client, self._directory, search), search, look_at, is_over)

    async def save(self, task: Task) -> None:
        changing = [*condition_of(task), "priority", str(int(task.priority))] if task.priority else condition_of(task)
        argument = [task.id, task.version, changing]
        reply = await self._client.run("save_task", self._client.keys.queue(task.queue), argument)
        answer, holder = unpack(reply)
        if answer == "unknown":
            await self._raise_unknown(task.id)
        if answer == "held":
            assert task.dedupe is not None
            raise DuplicateTaskError(task.dedupe.key, holder)
        if answer != "saved":
            raise StaleTaskError(task.id)

    async def move(self, task: Task, from_queue: str) -> None:
        argument = [task.id, task.version, outbox_item(task)]
        await self._directory.register([task.queue])
        answer = await self._client.run("move_task", self._client.keys.queue(from_queue), argument)
        if answer == b"unknown":
            await self._raise_unknown(task.id)
        if answer != b"moved":
            raise StaleTaskError(task.id)
        self._directory.remember(task.id, task.queue)
        await self._outbox.deliver(from_queue)

    async def _raise_unknown(self, task_id: str) -> NoReturn:
        """The queue does not have it: perhaps it was moved to another."""
        self._directory.forget(task_id)
        if await self._directory.by_queue([task_id]):
            raise StaleTaskError(task_id)
        raise TaskNotFoundError(task_id)

    async def delete(self, tasks: Sequence[Task]) -> int:
        by_state: dict[tuple[str, str], tuple[list[str], list[int]]] = {}
        for task in tasks:
            ids, versions = by_state.setdefault((task.queue, LETTERS[task.state]), ([], []))
            ids.append(task.id)
            versions.append(task.version)
            self._directory.forget(task.id)
        steps = [
            ("prune_tasks", self._client.keys.queue(queue), [letter, *asked])
            for (queue, letter), asked in by_state.items()
        ]
        return sum(await self._client.run_each(steps))
