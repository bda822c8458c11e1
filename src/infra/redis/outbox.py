"""Next tasks for another queue: kept with the completion, then stored on their queue, then forgotten.

Storing goes by the task's id, so a task that is delivered twice is stored once.
"""

from __future__ import annotations

import contextlib

from backstage.domain.errors import StorageFullError
from backstage.domain.portions import portions
from backstage.domain.task import Task
from backstage.infra.redis.add import stored
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.rows import unpack

_DELIVERED_AT_ONCE = 500


class Outbox:
    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory

    async def deliver(self, queue: str) -> None:
        """Store on their queues all next tasks that wait in the outbox of `queue`. On a full server they go on waiting:
        what was settled is settled, and the sweep delivers them when there is room."""
        with contextlib.suppress(StorageFullError):
            await self._deliver(queue)

    async def _deliver(self, queue: str) -> None:
        key = f"{self._client.keys.queue(queue)}:outbox"
        cursor = b"0"
        while True:
            cursor, items = await self._client.command("HSCAN", key, cursor, "COUNT", _DELIVERED_AT_ONCE)
            for portion in portions(_pairs(items).items(), _size, _DELIVERED_AT_ONCE):
                await self._store(key, dict(portion))
            if int(cursor) == 0:
                return

    async def _store(self, key: str, items: dict[bytes, bytes]) -> None:
        by_queue: dict[str, list[object]] = {}
        for packed in items.values():
            queue, task = unpack(packed)
            by_queue.setdefault(queue, []).append(task)
        if not by_queue:
            return
        await self._directory.register(by_queue)
        replies = await self._client.run_each(
            [("add_tasks", self._client.keys.queue(queue), tasks) for queue, tasks in by_queue.items()]
        )
        new = [queue for queue, reply in zip(by_queue, replies, strict=True) if unpack(reply)[1]]
        if new:
            await self._directory.register_again(new)
        await self._client.command("HDEL", key, *items)


def outbox_item(task: Task) -> list[object]:
    """A next task as the outbox keeps it, packed by the script."""
    return [task.queue, stored(task)]


def _size(item: tuple[bytes, bytes]) -> int:
    return len(item[1])


def _pairs(flat: object) -> dict[bytes, bytes]:
    """HSCAN's fields, which the drivers give as a list or as a dict."""
    if isinstance(flat, dict):
        return flat
    assert isinstance(flat, list)
    return dict(zip(flat[::2], flat[1::2], strict=True))
