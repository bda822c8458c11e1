from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import msgspec

from backstage.domain.worker_info import WorkerInfo
from backstage.infra.moments import from_micros, ticks
from backstage.infra.redis.link import Link
from backstage.infra.redis.opening import FORMAT
from backstage.infra.redis.rows import unpack
from backstage.infra.unreadable_rows import readable


class RedisRegistry:
    """WorkerRegistry over one hash: worker id -> the moment of its beat and what it said, as JSON."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def beat(self, worker: WorkerInfo) -> str:
        document = msgspec.json.encode(worker).decode()
        argument = [worker.id, document, FORMAT, uuid4().hex]
        generation: bytes = await self._link.run("beat", self._link.keys.store, argument)
        return generation.decode()

    async def leave(self, worker_id: str) -> None:
        await self._link.command("HDEL", self._link.keys.workers, worker_id)

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        found = unpack(await self._link.run("list_workers", self._link.keys.store, [ticks(seen_within)]))
        return sorted(readable("a worker", map(tuple, found), _worker_of), key=lambda worker: worker.id)


def _worker_of(row: tuple[str, str]) -> WorkerInfo:
    seen_at, document = row
    return replace(msgspec.json.decode(document, type=WorkerInfo), seen_at=from_micros(int(seen_at)))
