"""Tasks that no index of their queue has: a walk through all keys finds them, a portion at each look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from redis.exceptions import ResponseError

from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory

_KEYS_AT_ONCE = 1000
_PAUSE = 5.0
"""Seconds between two portions; none where a portion had some."""
_PORTIONS_AT_ONCE = 20
_OF_A_TASK = "}:task:"


class Orphans:
    """A user who may not run SCAN looks for none."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory
        self._cursors: dict[str, bytes | str] = {}
        self._looked_at: float | None = None

    async def adopt(self) -> None:
        """Look at the next keys, and put tasks without a place where they belong."""
        now = self._client.time.clock.monotonic()
        if self._looked_at is not None and now < self._looked_at + _PAUSE:
            return
        self._looked_at = now
        for _ in range(_PORTIONS_AT_ONCE):
            if not await self._look(is_dry=False):
                return

    async def count(self) -> int | None:
        """How many there are, from a walk through all keys; None if that is not allowed."""
        number = 0
        while True:
            found = await self._look(is_dry=True)
            if found is None:
                return None
            number += found
            if not any(int(cursor) for cursor in self._cursors.values()):
                return number

    async def _look(self, *, is_dry: bool) -> int | None:
        pattern = f"{self._client.keys.store[:-1]}:*{_OF_A_TASK}*"
        replies = await self._client.ask_each(
            lambda node: ("SCAN", self._cursors.get(node, "0"), "MATCH", pattern, "COUNT", _KEYS_AT_ONCE)
        )
        if any(isinstance(reply, ResponseError) for reply in replies.values()):
            return None
        by_queue = self._remembered(replies)
        steps = [("adopt_tasks", self._client.keys.queue(queue), [ids, is_dry]) for queue, ids in by_queue.items()]
        found: dict[str, int] = dict(zip(by_queue, await self._client.run_each(steps), strict=True))
        if not is_dry:
            await self._directory.register_again([queue for queue, number in found.items() if number])
        return sum(found.values())

    def _remembered(self, replies: Mapping[str, Any]) -> dict[str, list[str]]:
        """The ids of each queue; the walk goes on behind them."""
        by_queue: dict[str, list[str]] = {}
        begins = len(self._client.keys.store)  # `{prefix:`
        for node, (cursor, keys) in replies.items():
            self._cursors[node] = (
                cursor[node] if isinstance(cursor, dict) else cursor
            )  # as the cluster's driver gives it
            for key in keys:
                queue, _, task_id = key.decode().partition(_OF_A_TASK)
                by_queue.setdefault(unquote(queue[begins:]), []).append(task_id)
        return by_queue
