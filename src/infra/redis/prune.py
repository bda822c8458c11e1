"""Deleting ended tasks: the oldest of all queues first."""

from __future__ import annotations

from backstage.domain.retention import Retention
from backstage.infra.moments import ticks
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.rows import LETTERS, unpack


class Pruning:
    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory

    async def prune(self, retention: Retention, limit: int) -> int:
        queues = [queue for queue in await self._directory.queues() if retention.is_about(queue)]
        letter = LETTERS[retention.state]
        age = False if retention.max_age is None else ticks(retention.max_age)
        kept = False if retention.keep_last is None else retention.keep_last
        replies = await self._client.run_each(
            [("oldest_ended", self._client.keys.queue(queue), [letter, age, kept, limit]) for queue in queues]
        )
        oldest = sorted(
            (ended, task_id, queue)
            for queue, reply in zip(queues, replies, strict=True)
            for ended, task_id in unpack(reply)
        )
        doomed: dict[str, list[str]] = {queue: [] for queue in queues}  # each forgets its expired keys, too
        for _, task_id, queue in oldest[:limit]:
            doomed[queue].append(task_id)
            self._directory.forget(task_id)
        pruned = await self._client.run_each(
            [("prune_tasks", self._client.keys.queue(queue), [letter, ids]) for queue, ids in doomed.items()]
        )
        return sum(pruned)
