from __future__ import annotations

from backstage.domain.attempt import Attempt
from backstage.domain.errors import (
    DuplicateTaskError,
    StaleTaskError,
    TaskNotFoundError,
)
from backstage.domain.task import Task
from backstage.infra.redis.add import Adding
from backstage.infra.redis.client import Client
from backstage.infra.redis.counts import Counting
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.find import Searching
from backstage.infra.redis.prune import Pruning
from backstage.infra.redis.records import attempts_of
from backstage.infra.redis.rows import condition_of, fields_of, task_of, unpack


class RedisTasks:
    """TaskRepository over scripts. What spans queues is one step for each of them. A verb with a file has it there."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory
        counting = Counting(client, directory)
        searching = Searching(client, directory, counting)
        self.add = Adding(client, directory).add
        self.find, self._read = searching.find, searching.read
        self.counts, self.oldest_due = counting.counts, counting.oldest_due
        self.prune = Pruning(client, directory).prune

    async def get(self, task_id: str) -> Task:
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

    async def save(self, task: Task) -> None:
        argument = [task.id, task.version, condition_of(task)]
        reply = await self._client.run("save_task", self._client.keys.queue(task.queue), argument)
        answer, holder = unpack(reply)
        if answer == "unknown":
            raise TaskNotFoundError(task.id)
        if answer == "held":
            assert task.dedupe is not None
            raise DuplicateTaskError(task.dedupe.key, holder)
        if answer != "saved":
            raise StaleTaskError(task.id)
