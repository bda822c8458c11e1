from __future__ import annotations

from collections.abc import Mapping

from backstage.domain.ports.task_queue import LeaseReport
from backstage.domain.task import Task
from backstage.infra.moments import ticks
from backstage.infra.redis.claim import Claiming
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.live_types import live_types
from backstage.infra.redis.outbox import Outbox
from backstage.infra.redis.reclaim import Reclaiming
from backstage.infra.redis.rows import fields_of, task_of, unpack
from backstage.infra.redis.settle import Settling

_LOST, _CANCEL_REQUESTED = 0, 2


class RedisQueue:
    """TaskQueue over scripts, each of which works on one queue. A verb with a file has it there."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self._client, self._directory = client, directory
        outbox = Outbox(client, directory)
        settling = Settling(client, directory, outbox)
        self.claim = Claiming(client, directory, settling).claim
        self.settle = settling.settle
        self.reclaim = Reclaiming(client, directory, outbox, settling).reclaim

    async def held_by(self, worker_id: str) -> list[Task]:
        queues = await self._directory.queues()
        replies = await self._client.run_each([("held_tasks", self._client.keys.queue(q), [worker_id]) for q in queues])
        held = [
            task_of(task_id, queue, fields_of(flat))
            for queue, reply in zip(queues, replies, strict=True)
            for task_id, flat in unpack(reply)
        ]
        for task in held:
            self._directory.remember(task.id, task.queue)
        return [task for task in held if task.undecodable is None]

    async def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        return await self._held(fences, "renew_leases", ticks(lease))

    async def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        return await self._held(fences, "inspect_leases", None)

    async def _held(self, fences: Mapping[str, int], name: str, lease: int | None) -> LeaseReport:
        by_queue = await self._directory.by_queue(fences)
        claims = {queue: [[id_, str(fences[id_])] for id_ in ids] for queue, ids in by_queue.items()}
        replies = await self._client.run_each(
            [
                (name, self._client.keys.queue(queue), each if lease is None else [each, lease])
                for queue, each in claims.items()
            ]
        )
        told = {
            task_id: answer
            for queue, reply in zip(claims, replies, strict=True)
            for (task_id, _), answer in zip(claims[queue], unpack(reply), strict=True)
        }
        return LeaseReport(
            lost=frozenset(task_id for task_id in fences if told.get(task_id, _LOST) == _LOST),
            cancel_requested=frozenset(task_id for task_id, answer in told.items() if answer == _CANCEL_REQUESTED),
        )

    async def report_progress(self, task_id: str, fence: int, progress: float, note: str | None) -> bool:
        argument = [task_id, str(fence), repr(progress), False if note is None else note]
        for queue in await self._directory.by_queue([task_id]):
            return bool(await self._client.run("report_progress", self._client.keys.queue(queue), argument))
        return False

    async def is_idle(self, types: frozenset[str] | None, queues: frozenset[str] | None) -> bool:
        control = await self._directory.control()
        asked = control.served(queues)
        served = list(control.served_types(await live_types(self._client, asked) if types is None else types))
        steps = [("is_idle", self._client.keys.queue(queue), served) for queue in asked]
        return all(await self._client.run_each(steps))
