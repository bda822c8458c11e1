from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import uuid4

import msgspec

from backstage.domain.worker_info import WorkerInfo
from backstage.infra.moments import from_micros, ticks
from backstage.infra.redis.client import Client
from backstage.infra.redis.opening import FORMAT
from backstage.infra.redis.rows import unpack
from backstage.infra.unreadable_rows import readable


class RedisRegistry:
    """WorkerRegistry over one hash: worker id -> the moment of its beat and what it said, as JSON."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def beat(self, worker: WorkerInfo) -> str:
        document = msgspec.json.encode(worker).decode()
        argument = [worker.id, document, FORMAT, uuid4().hex]
        generation: bytes = await self._client.run("beat", self._client.keys.store, argument)
        return generation.decode()

    async def leave(self, worker_id: str) -> None:
        await self._client.command("HDEL", self._client.keys.workers, worker_id)

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        now, found = unpack(await self._client.run("list_workers", self._client.keys.store, [ticks(seen_within)]))
        workers = readable("a worker", map(tuple, found), partial(_seen, now))
        return sorted((each for each in workers if not each.is_gone), key=lambda worker: worker.id)


def _seen(now: int, row: tuple[str, str]) -> WorkerInfo:
    seen_at, worker = int(row[0]), msgspec.json.decode(row[1], type=WorkerInfo)
    return replace(worker, seen_at=from_micros(seen_at), silent_for=max(0, now - seen_at) / 1_000_000)
