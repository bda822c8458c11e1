"""The facts about a task: one script on its queue, and one on each other queue that its workers serve."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from backstage.domain.attempt import Attempt
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.ports.queue_control import Pause
from backstage.domain.task import Task
from backstage.domain.task_facts import (
    MOST_COUNTED,
    SEEN_WITHIN,
    BusySlots,
    LaneAhead,
    TaskFacts,
    available,
    competing_lanes,
)
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import EVERY_TYPE, WorkerInfo
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.redis.client import Client, Step
from backstage.infra.redis.directory import Control, Directory
from backstage.infra.redis.pause_notes import PauseNotes, noted
from backstage.infra.redis.records import attempts_of
from backstage.infra.redis.registry import RedisRegistry
from backstage.infra.redis.rows import fields_of, task_of, unpack


@dataclass(frozen=True, slots=True)
class _Told:
    """What explain_task.lua says of one queue."""

    now: datetime
    task: Task | None
    attempts: tuple[Attempt, ...]
    ahead: list[LaneAhead]
    busy: list[BusySlots]


class RedisFacts:
    """Facts over scripts."""

    def __init__(self, client: Client, directory: Directory, registry: RedisRegistry) -> None:
        self._client, self._directory, self._registry = client, directory, registry

    async def of(self, task_id: str) -> TaskFacts:
        for queue in await self._directory.by_queue([task_id]):
            control = await self._directory.control()
            workers = await self._registry.workers(SEEN_WITHIN)
            step = self._step(queue, task_id, (), workers)
            own = _told(task_id, queue, await self._client.run(*step))
            if own.task is not None:
                others = await self._others(own.task, control.queues, workers)
                return _together(own.task, own, others, await self._paused(control), workers)
            self._directory.forget(task_id)
        raise TaskNotFoundError(task_id)

    async def _paused(self, control: Control) -> list[Pause]:
        pauses = control.paused()
        return noted(pauses, await PauseNotes(self._client).all()) if pauses else pauses

    async def _others(self, task: Task, queues: Iterable[str], workers: Sequence[WorkerInfo]) -> list[_Told]:
        if task.state is not TaskState.PENDING:
            return []
        place = (task.priority, str(to_micros(task.scheduled_at)), task.id)
        names = sorted(queue for queue in queues if queue != task.queue)
        replies = await self._client.run_each([self._step(queue, "", place, workers) for queue in names])
        return [_told("", queue, reply) for queue, reply in zip(names, replies, strict=True)]

    def _step(self, queue: str, task_id: str, place: tuple[object, ...], workers: Sequence[WorkerInfo]) -> Step:
        argument = [task_id, place, _types_served(queue, workers), MOST_COUNTED]
        return ("explain_task", self._client.keys.queue(queue), argument)


def _types_served(queue: str, workers: Sequence[WorkerInfo]) -> list[str]:
    serving = [worker for worker in available(workers) if not worker.queues or queue in worker.queues]
    types = {name for worker in serving for name in worker.types}
    return [EVERY_TYPE] if EVERY_TYPE in types else sorted(types)


def _told(task_id: str, queue: str, reply: bytes) -> _Told:
    now, flat, records, counted, busy = unpack(reply)
    fields = fields_of(flat)
    task = task_of(task_id, queue, fields) if flat else None
    return _Told(
        from_micros(int(now)),
        task,
        () if task is None else attempts_of(task, fields, records),
        [LaneAhead(queue, type_, before, due) for type_, before, due in sorted(counted)],
        [BusySlots(worker, tasks, from_micros(int(since)) if since else None) for worker, tasks, since in busy],
    )


def _together(
    task: Task, own: _Told, others: Sequence[_Told], pauses: Sequence[Pause], workers: Sequence[WorkerInfo]
) -> TaskFacts:
    told = [own, *others]
    ahead = {(lane.queue, lane.type): lane for each in told for lane in each.ahead} if task.is_due(own.now) else {}
    return TaskFacts(
        now=own.now,
        task=task,
        attempts=own.attempts,
        pauses=pauses,
        workers=workers,
        ahead=[ahead[lane] for lane in competing_lanes(task, ahead, pauses, workers)],
        busy=_summed(slots for each in told for slots in each.busy),
    )


def _summed(busy: Iterable[BusySlots]) -> list[BusySlots]:
    """One for each worker, which may hold tasks of many queues."""
    by_worker: dict[str, BusySlots] = {}
    for slots in busy:
        known = by_worker.get(slots.worker_id, BusySlots(slots.worker_id, 0, None))
        since = min((at for at in (known.since, slots.since) if at is not None), default=None)
        by_worker[slots.worker_id] = BusySlots(slots.worker_id, known.tasks + slots.tasks, since)
    return [slots for _, slots in sorted(by_worker.items())]
