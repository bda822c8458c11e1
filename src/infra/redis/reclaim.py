"""Taking back tasks whose lease ran out. The entity decides; the script compares fence and lease once more."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.ports.task_queue import NextTasksOf
from backstage.domain.task import MaxDeliveries, Task
from backstage.domain.task_state import TaskState
from backstage.infra.moments import from_micros
from backstage.infra.redis.client import Client
from backstage.infra.redis.directory import Directory
from backstage.infra.redis.orphans import Orphans
from backstage.infra.redis.outbox import Outbox
from backstage.infra.redis.rows import fields_of, task_of, unpack
from backstage.infra.redis.settle import Settling

_SWEPT_AT_ONCE = 200

Lost = tuple[Task, Outcome]


class Reclaiming:
    def __init__(self, client: Client, directory: Directory, outbox: Outbox, settling: Settling) -> None:
        self._client, self._directory = client, directory
        self._outbox, self._settling = outbox, settling
        self._orphans = Orphans(client, directory)
        self._swept = 0
        self._cursors: dict[str, Sequence[str]] = {}
        """Where the next sweep of a queue goes on."""

    async def reclaim(
        self, max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None = None
    ) -> list[Lost]:
        queues = await self._directory.queues()
        await self._sweep(self._next_to_sweep(queues))
        await self._orphans.adopt()
        reclaimed: list[Lost] = []
        before: set[str] = set()
        while len(reclaimed) < limit:
            expired = (await self._expired(queues, limit - len(reclaimed)))[: limit - len(reclaimed)]
            if not expired:
                break
            found = {task.id for task in expired}
            if found == before:
                break  # they cannot be taken back: where another reclaimer was first, there are others by now
            before = found
            reclaimed += await self._take_back(expired, max_deliveries, next_tasks_of)
        return reclaimed

    async def _take_back(
        self, expired: list[Task], max_deliveries: MaxDeliveries, next_tasks_of: NextTasksOf | None
    ) -> list[Lost]:
        lost: dict[str, list[Lost]] = {}
        undecodable = [task for task in expired if task.undecodable is not None]
        buried = await self._bury(undecodable) if undecodable else []
        for task in expired:
            if task.undecodable is not None:
                continue
            outcome = task.honouring_cancel(task.lost(max_deliveries))
            if next_tasks_of is not None:
                outcome = outcome.followed_by(next_tasks_of(task, outcome))
            lost.setdefault(task.queue, []).append((task, outcome))
        settled = await self._settling.settle_on({q: [outcome for _, outcome in each] for q, each in lost.items()})
        return buried + [
            _as_settled(task, outcome, state, now)
            for queue, (now, states) in settled.items()
            for (task, outcome), state in zip(lost[queue], states, strict=True)
            if state is not None
        ]

    async def _bury(self, undecodable: list[Task]) -> list[Lost]:
        outcomes = [(task, task.buried(OutcomeKind.LOST)) for task in undecodable]
        ended = await self._settling.bury(outcomes)
        return [
            (replace(task, state=TaskState.FAILED, lease=None, finished_at=from_micros(ended[task.id])), outcome)
            for task, outcome in outcomes
            if task.id in ended
        ]

    def _next_to_sweep(self, queues: list[str]) -> list[str]:
        """All queues or, of hundreds, those whose turn it is."""
        if len(queues) <= _SWEPT_AT_ONCE:
            return queues
        first = self._swept % len(queues)
        self._swept = first + _SWEPT_AT_ONCE
        return (queues + queues)[first : first + _SWEPT_AT_ONCE]

    async def _sweep(self, queues: list[str]) -> None:
        """Do what a client that died in between, or a server, has left undone."""
        replies = await self._client.run_each(
            [("sweep_queue", self._client.keys.queue(queue), self._cursors.get(queue, ("", ""))) for queue in queues]
        )
        for queue, reply in zip(queues, replies, strict=True):
            has_undelivered, *cursor = unpack(reply)
            self._cursors[queue] = cursor
            if has_undelivered:
                await self._outbox.deliver(queue)

    async def _expired(self, queues: list[str], limit: int) -> list[Task]:
        if not queues:
            return []
        time = self._client.time
        is_set_back = time.trusts_beginnings(self._longest)
        replies = await self._client.run_each(
            [("find_expired", self._client.keys.queue(queue), [limit, is_set_back]) for queue in queues]
        )
        expired: list[Task] = []
        found = [(queue, *unpack(reply)) for queue, reply in zip(queues, replies, strict=True)]
        self._longest = max(longest for _, _, longest, _ in found) / 1_000_000
        if not time.trusts_ends(found[0][1], self._longest):
            return []
        for queue, _, _, tasks in found:
            expired += [task_of(task_id, queue, fields_of(flat)) for task_id, flat in tasks if flat]
        return expired

    _longest = 600.0
    """Seconds of the longest lease, as the last look found it."""


def _as_settled(task: Task, outcome: Outcome, state: TaskState, now: int) -> Lost:
    if state is TaskState.CANCELLED and outcome.state is TaskState.PENDING:  # asked for between the look and the step
        task = task.cancel(from_micros(now))
        outcome = task.honouring_cancel(outcome)
    return task.settle(outcome, from_micros(now)), outcome
