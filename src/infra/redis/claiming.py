"""Claiming: the higher-ranked queues first, queues of one rank merged by what waits in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from backstage.domain.lease import Lease
from backstage.domain.ports.task_queue import Claimed, ClaimRequest
from backstage.domain.task import Task
from backstage.infra.moments import from_micros, ticks
from backstage.infra.redis.directory import Control, Directory
from backstage.infra.redis.link import Link
from backstage.infra.redis.live_types import live_types
from backstage.infra.redis.rows import claimed_task, unpack


class Claiming:
    def __init__(self, link: Link, directory: Directory) -> None:
        self._link, self._directory = link, directory

    async def claim(self, request: ClaimRequest) -> Claimed:
        """On one server the scripts compare what is known of queues and pauses; a cluster is asked before each."""
        turn = _Turn(self._link, request)
        is_compared = self._link.is_one_server
        control = await (self._directory.latest_control() if is_compared else self._directory.control())
        while not await turn.take_all(control, is_compared=is_compared):
            control = await self._directory.control()
        for task in turn.tasks:
            self._directory.remember(task.id, task.queue)
        return Claimed(tuple(turn.tasks), None if turn.is_full else await turn.next_due_in(control.queues))


def _by_rank(queues: Sequence[str], ranks: Mapping[str, int] | None) -> list[list[str]]:
    by_rank: dict[int, list[str]] = {}
    for queue in queues:
        by_rank.setdefault((ranks or {}).get(queue, 0), []).append(queue)
    return [by_rank[rank] for rank in sorted(by_rank, reverse=True)]


class _OutdatedControlError(Exception):
    """Queues or pauses are no longer those that are known."""


class _Turn:
    """One claim under way."""

    def __init__(self, link: Link, request: ClaimRequest) -> None:
        self._link, self._request = link, request
        self._types: list[str] = []
        self._types_of_whole: list[str] = []
        self.tasks: list[Task] = []
        self._next_due: dict[str, float | None] = {}
        self._now: int | None = None
        self._known_control: str | None = None

    @property
    def is_full(self) -> bool:
        return len(self.tasks) >= self._request.limit

    async def take_all(self, control: Control, *, is_compared: bool) -> bool:
        """Claim up to the limit. False if `control` is no longer what the store says."""
        self._known_control = control.token if is_compared else None
        self._types = control.served_types(self._request.types)
        if self._request.whole_queue is not None:
            live = await live_types(self._link, [self._request.whole_queue])
            self._types_of_whole = control.served_types(self._request.types | live)
        queues = control.served(self._request.queues)
        if not (self._types or self._types_of_whole) or not queues:
            return not is_compared or control.token == await self._token()
        try:
            for rank in _by_rank(queues, self._request.queues):
                if not self.is_full:
                    await self._take(rank)
        except _OutdatedControlError:
            return False
        return True

    async def _token(self) -> str:
        token = await self._link.command("GET", self._link.keys.control)
        return "" if token is None else str(token.decode())

    async def _take(self, queues: Sequence[str]) -> None:
        """Claim from queues of one rank."""
        wanted = self._request.limit - len(self.tasks)
        if len(queues) == 1:
            await self._claim({queues[0]: wanted})
            return
        begun = len(self.tasks)
        numbers = await self._shares(queues, wanted)
        if numbers:
            await self._claim(numbers)
        self.tasks[begun:] = sorted(self.tasks[begun:], key=lambda task: (-task.priority, task.scheduled_at, task.id))

    def _types_on(self, queue: str) -> list[str]:
        return self._types_of_whole if queue == self._request.whole_queue else self._types

    async def _shares(self, queues: Sequence[str], wanted: int) -> Counter[str]:
        """How many of the best `wanted` tasks each queue has."""
        steps = [("peek_tasks", self._link.keys.queue(queue), [self._types_on(queue), wanted]) for queue in queues]
        replies = await self._link.run_each(steps, self._known_control)
        if not all(replies):
            raise _OutdatedControlError
        heads = [
            (-int(priority), int(due), task_id, queue)
            for queue, reply in zip(queues, replies, strict=True)
            for priority, due, task_id in unpack(reply)
        ]
        return Counter(queue for *_, queue in sorted(heads)[:wanted])

    async def _claim(self, numbers: Mapping[str, int]) -> None:
        lease = ticks(self._request.lease)
        asked_at = self._link.time.clock.monotonic()
        steps = [
            (
                "claim_tasks",
                self._link.keys.queue(queue),
                [self._request.worker_id, self._types_on(queue), number, lease],
            )
            for queue, number in numbers.items()
        ]
        replies = await self._link.run_each(steps, self._known_control)
        for queue, reply in zip(numbers, replies, strict=True):
            if reply:
                now, next_due, taken = unpack(reply)
                self._link.time.measured(now, asked_at)
                self._saw(queue, now, next_due)
                self.tasks += self._claimed(queue, now, now + lease, taken)
        if not all(replies):
            raise _OutdatedControlError

    def _claimed(self, queue: str, now: int, until: int, taken: Sequence[Any]) -> list[Task]:
        lease, moment = Lease(self._request.worker_id, from_micros(until)), from_micros(now)
        return [claimed_task(task_id, queue, flat, lease, moment) for task_id, flat in taken]

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
