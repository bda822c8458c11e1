"""Claiming: the higher-ranked queues first, queues of one rank merged by what waits in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from backstage.domain.lease import Lease
from backstage.domain.portions import MOST_BYTES
from backstage.domain.ports.task_queue import Claimed, ClaimRequest
from backstage.domain.task import Task
from backstage.infra.moments import from_micros, ticks
from backstage.infra.redis.claimed_task import claimed_task
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Control, Directory
from backstage.infra.redis.lanes import Lanes
from backstage.infra.redis.live_types import live_types
from backstage.infra.redis.rows import unpack
from backstage.infra.redis.settle import Settling

_FEW = 32
"""So many named queues are looked at one by one; for more, the index of all lanes is looked through."""
_MANY_TYPES = 256
"""A claim that serves more asks first in which of them anything waits: to send and read the names would cost more."""
_ANY_QUEUE = ""


class Claiming:
    def __init__(self, client: Client, directory: Directory, settling: Settling) -> None:
        self._client, self._directory, self._settling = client, directory, settling
        self._lanes = Lanes(client, directory)

    async def claim(self, request: ClaimRequest) -> Claimed:
        """On one server the scripts compare what is known of queues and pauses; a cluster is asked before each."""
        turn = _Turn(self._client, self._lanes, request)
        is_compared = self._client.is_one_server
        control = await (self._directory.latest_control() if is_compared else self._directory.control())
        await self._check_lanes_of(control)
        while not await turn.take_all(control, is_compared=is_compared):
            control = await self._directory.control()
            await self._check_lanes_of(control)
        for task in turn.tasks:
            self._directory.remember(task.id, task.queue)
        undecodable = [task for task in turn.tasks if task.undecodable is not None]
        if undecodable:
            await self._settling.bury([(task, task.buried()) for task in undecodable])
            return Claimed(tuple(task for task in turn.tasks if task.undecodable is None), 0.0, tuple(undecodable))
        return Claimed(tuple(turn.tasks), None if turn.is_full else await turn.next_due_in(control.queues))

    async def _check_lanes_of(self, control: Control) -> None:
        """One queue is claimed from without the index."""
        if self._client.is_one_server and len(control.queues) > 1:
            await self._lanes.check()


def _by_rank(queues: Sequence[str], ranks: Mapping[str, int] | None) -> list[Sequence[str]]:
    if not ranks:
        return [queues]
    by_rank: dict[int, list[str]] = {}
    for queue in queues:
        by_rank.setdefault(ranks.get(queue, 0), []).append(queue)
    return [by_rank[rank] for rank in sorted(by_rank, reverse=True)]


class _OutdatedControlError(Exception):
    """Queues or pauses are no longer those that are known."""


class _Turn:
    """One claim under way."""

    def __init__(self, client: Client, lanes: Lanes, request: ClaimRequest) -> None:
        self._client, self._lanes, self._request = client, lanes, request
        self._types: frozenset[str] = frozenset()
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
        self._types_of_whole = [] if self._request.whole_queue is None else await self._whole(control)
        queues = control.served(self._request.queues)
        if not (self._types or self._types_of_whole) or not queues:
            return not is_compared or control.token == await self._token()
        try:
            for rank in _by_rank(queues, self._request.queues):
                if not self.is_full:
                    await self._take(rank, control)
        except _OutdatedControlError:
            return False
        return True

    async def _token(self) -> str:
        token = await self._client.command("GET", self._client.keys.control)
        return "" if token is None else str(token.decode())

    async def _take(self, queues: Sequence[str], control: Control) -> None:
        """Claim from queues of one rank."""
        wanted = self._request.limit - len(self.tasks)
        is_every = self._request.queues is None
        is_indexed = self._client.is_one_server and len(queues) > 1 and (is_every or len(queues) > _FEW)
        if self._request.whole_queue is not None and self._request.whole_queue in queues:
            is_indexed = False  # not all of them serve the same types
        if len(self._types) > _MANY_TYPES:
            types = await self._lanes.waiting_types(self._types, None if is_indexed else queues, wanted)
        else:
            types = list(self._types)
        begun = len(self.tasks)
        if is_indexed:
            await self._claim_across(types, None if is_every else queues, control.paused_queues(), wanted)
        elif len(queues) == 1:
            await self._claim(types, {queues[0]: wanted})
            return
        elif numbers := await self._numbers_by_queue(types, queues, wanted):
            await self._claim(types, numbers)
        self.tasks[begun:] = sorted(self.tasks[begun:], key=lambda task: (-task.priority, task.scheduled_at, task.id))

    def _on(self, queue: str, types: Sequence[str]) -> Sequence[str]:
        return self._types_of_whole if queue == self._request.whole_queue else types

    async def _whole(self, control: Control) -> list[str]:
        """The types of the whole queue that have tasks, or of many the ones that wait first."""
        queue = self._request.whole_queue
        assert queue is not None
        types = control.served_types(self._request.types | await live_types(self._client, [queue]))
        if len(types) <= _MANY_TYPES:
            return sorted(types)
        return await self._lanes.waiting_types(types, [queue], self._request.limit - len(self.tasks))

    async def _claim_across(
        self, types: Sequence[str], only: Sequence[str] | None, without: Sequence[str], wanted: int
    ) -> None:
        asked_at = self._client.time.clock.monotonic()
        reply = await self._lanes.claim(self._request, types, wanted, only, without, self._known_control)
        if reply is None:
            raise _OutdatedControlError
        now, self._next_due[_ANY_QUEUE], claimed = reply
        self._now = now
        self._client.time.measured(now, asked_at)
        for queue, taken in claimed:
            self.tasks += self._claimed(queue, now, taken)

    async def _numbers_by_queue(self, types: Sequence[str], queues: Sequence[str], wanted: int) -> Mapping[str, int]:
        """How many of the best `wanted` tasks each queue has."""
        steps = [("peek_tasks", self._client.keys.queue(queue), [self._on(queue, types), wanted]) for queue in queues]
        replies = await self._client.run_each(steps, self._known_control)
        if not all(replies):
            raise _OutdatedControlError
        heads = [
            (-int(priority), int(due), task_id, queue)
            for queue, reply in zip(queues, replies, strict=True)
            for priority, due, task_id in unpack(reply)
        ]
        return Counter(queue for *_, queue in sorted(heads)[:wanted])

    async def _claim(self, types: Sequence[str], numbers: Mapping[str, int]) -> None:
        lease = ticks(self._request.lease)
        asked_at = self._client.time.clock.monotonic()
        budget = MOST_BYTES // len(numbers)
        steps = [
            (
                "claim_tasks",
                self._client.keys.queue(queue),
                [self._request.worker_id, self._on(queue, types), number, lease, budget],
            )
            for queue, number in numbers.items()
        ]
        replies = await self._client.run_each(steps, self._known_control)
        for queue, reply in zip(numbers, replies, strict=True):
            if reply:
                now, next_due, taken = unpack(reply)
                self._client.time.measured(now, asked_at)
                self._saw(queue, now, next_due)
                self.tasks += self._claimed(queue, now, taken)
        if not all(replies):
            raise _OutdatedControlError

    def _claimed(self, queue: str, now: int, taken: Sequence[Any]) -> list[Task]:
        until = now + ticks(self._request.lease)
        lease, moment = Lease(self._request.worker_id, from_micros(until)), from_micros(now)
        return [claimed_task(task_id, queue, flat, lease, moment) for task_id, flat in taken]

    # -- when there will be more -----------------------------------------------------------------

    def _saw(self, queue: str, now: int, next_due: Any) -> None:
        self._now = now
        self._next_due[queue] = float(next_due) if next_due else None

    async def next_due_in(self, queues: frozenset[str]) -> float | None:
        """Seconds until some pending task of any queue becomes due."""
        unseen = [] if _ANY_QUEUE in self._next_due else sorted(queues - self._next_due.keys())
        if unseen and self._client.is_one_server:
            self._now, self._next_due[_ANY_QUEUE] = await self._lanes.next_due()
        else:
            await self._look_at(unseen)
        dues = [due for due in self._next_due.values() if due is not None]
        if not dues or self._now is None:
            return None
        return max(0.0, (min(dues) - self._now) / 1_000_000)

    async def _look_at(self, queues: Sequence[str]) -> None:
        replies = await self._client.run_each([("next_due", self._client.keys.queue(queue), []) for queue in queues])
        for queue, reply in zip(queues, replies, strict=True):
            now, next_due = unpack(reply)
            self._saw(queue, now, next_due)
