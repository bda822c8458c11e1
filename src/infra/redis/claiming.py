"""Claiming: the higher-ranked queues first, queues of one rank merged by what waits in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from backstage.domain.lease import Lease
from backstage.domain.ports.task_queue import Claimed, ClaimRequest
from backstage.domain.task import Task
from backstage.infra.moments import from_micros, ticks
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.link import Link
from backstage.infra.redis.rows import fields_of, task_of, unpack


class Claiming:
    def __init__(self, link: Link, directory: Directory) -> None:
        self._link, self._directory = link, directory

    async def claim(self, request: ClaimRequest) -> Claimed:
        control = await self._directory.control()
        turn = _Turn(self._link, request, control.served_types(request.types))
        if turn.types:
            for queues in _by_rank(control.served(request.queues), request.queues):
                await turn.take(queues)
                if turn.is_full:
                    break
        for task in turn.tasks:
            self._directory.remember(task.id, task.queue)
        if turn.is_full:
            return Claimed(tuple(turn.tasks), None)
        return Claimed(tuple(turn.tasks), await turn.next_due_in(control.queues))


def _by_rank(queues: Sequence[str], ranks: Mapping[str, int] | None) -> list[list[str]]:
    by_rank: dict[int, list[str]] = {}
    for queue in queues:
        by_rank.setdefault((ranks or {}).get(queue, 0), []).append(queue)
    return [by_rank[rank] for rank in sorted(by_rank, reverse=True)]


class _Turn:
    """One claim under way."""

    def __init__(self, link: Link, request: ClaimRequest, types: list[str]) -> None:
        self._link, self._request = link, request
        self.types = types
        self.tasks: list[Task] = []
        self._next_due: dict[str, float | None] = {}
        self._now: int | None = None

    @property
    def is_full(self) -> bool:
        return len(self.tasks) >= self._request.limit

    async def take(self, queues: Sequence[str]) -> None:
        """Claim from queues of one rank."""
        wanted = self._request.limit - len(self.tasks)
        if len(queues) == 1:
            self.tasks += await self._claim({queues[0]: wanted})
            return
        numbers = await self._shares(queues, wanted)
        claimed = await self._claim(numbers) if numbers else []
        self.tasks += sorted(claimed, key=lambda task: (-task.priority, task.scheduled_at, task.id))

    async def _shares(self, queues: Sequence[str], wanted: int) -> Counter[str]:
        """How many of the best `wanted` tasks each queue has."""
        argument = [self.types, wanted]
        replies = await self._link.run_each([("peek_tasks", self._link.keys.queue(q), argument) for q in queues])
        heads = [
            (-int(priority), int(due), task_id, queue)
            for queue, reply in zip(queues, replies, strict=True)
            for priority, due, task_id in unpack(reply)
        ]
        return Counter(queue for *_, queue in sorted(heads)[:wanted])

    async def _claim(self, numbers: Mapping[str, int]) -> list[Task]:
        lease = ticks(self._request.lease)
        asked_at = self._link.time.clock.monotonic()
        replies = await self._link.run_each(
            [
                ("claim_tasks", self._link.keys.queue(queue), [self._request.worker_id, self.types, number, lease])
                for queue, number in numbers.items()
            ]
        )
        tasks: list[Task] = []
        for queue, reply in zip(numbers, replies, strict=True):
            now, next_due, taken = unpack(reply)
            self._link.time.measured(now, asked_at)
            self._saw(queue, now, next_due)
            tasks += self._claimed(queue, now, now + lease, taken)
        return tasks

    def _claimed(self, queue: str, now: int, until: int, taken: Sequence[Any]) -> list[Task]:
        lease, moment = Lease(self._request.worker_id, from_micros(until)), from_micros(now)
        return [task_of(task_id, queue, fields_of(flat)).claim(lease, moment) for task_id, flat in taken]

    # -- when there will be more -----------------------------------------------------------------

    def _saw(self, queue: str, now: int, next_due: Any) -> None:
        self._now = now
        self._next_due[queue] = float(next_due) if next_due else None

    async def next_due_in(self, queues: frozenset[str]) -> float | None:
        """Seconds until some pending task of any queue becomes due."""
        unseen = sorted(queues - self._next_due.keys())
        if unseen:
            replies = await self._link.run_each([("next_due", self._link.keys.queue(q), []) for q in unseen])
            for queue, reply in zip(unseen, replies, strict=True):
                now, next_due = unpack(reply)
                self._saw(queue, now, next_due)
        dues = [due for due in self._next_due.values() if due is not None]
        if not dues or self._now is None:
            return None
        return max(0.0, (min(dues) - self._now) / 1_000_000)
