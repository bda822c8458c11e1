from __future__ import annotations

from dataclasses import replace
from functools import partial
from uuid import uuid4

import msgspec

from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import BeatAnswer, WorkerOrder, WorkerStacks
from backstage.infra.moments import from_micros, ticks
from backstage.infra.redis.client import Client
from backstage.infra.redis.opening import FORMAT
from backstage.infra.redis.rows import unpack
from backstage.infra.unreadable_rows import readable
from backstage.infra.worker_row import answer_of, order_of, stacks_of, stacks_text


class RedisRegistry:
    """WorkerRegistry over a hash: worker id -> the moment of its beat and what it said, as JSON; and two for orders."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def beat(self, worker: WorkerInfo) -> BeatAnswer:
        document = msgspec.json.encode(worker).decode()
        argument = [worker.id, document, FORMAT, uuid4().hex]
        reply = unpack(await self._client.run("beat", self._client.keys.store, argument))
        generation, wanted, request, *signs = reply
        return answer_of((generation, wanted, request or None, *signs))

    async def leave(self, worker_id: str) -> None:
        await self._client.run("leave", self._client.keys.store, [worker_id])

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        now, found = unpack(await self._client.run("list_workers", self._client.keys.store, [ticks(seen_within)]))
        workers = readable("a worker", map(tuple, found), partial(_seen, now))
        return sorted((each for each in workers if not each.is_gone), key=lambda worker: worker.id)

    async def give_order(self, worker_id: str, order: WorkerOrder) -> bool:
        return bool(await self._client.run("order_worker", self._client.keys.store, [worker_id, str(order)]))

    async def request_stacks(self, worker_id: str, request: str) -> str | None:
        waiting: bytes | None = await self._client.run("request_stacks", self._client.keys.store, [worker_id, request])
        return None if waiting is None else waiting.decode()

    async def put_stacks(self, worker_id: str, stacks: WorkerStacks) -> None:
        await self._client.run("put_stacks", self._client.keys.store, [worker_id, stacks_text(stacks)])

    async def stacks(self, worker_id: str) -> WorkerStacks | None:
        document: bytes | None = await self._client.command("HGET", self._client.keys.stacks, worker_id)
        return stacks_of(None if document is None else document.decode())


def _seen(now: int, row: tuple[str, str, str]) -> WorkerInfo:
    seen_at, worker = int(row[0]), msgspec.json.decode(row[1], type=WorkerInfo)
    silent_for = max(0, now - seen_at) / 1_000_000
    return replace(worker, seen_at=from_micros(seen_at), silent_for=silent_for, order=order_of(row[2]))
