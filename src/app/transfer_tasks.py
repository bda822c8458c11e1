from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from backstage.app.copy_audit_log import copy_audit_log
from backstage.app.plan_transfer import PlanTransfer
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import TransferRefusedError
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.schedule import Schedule
from backstage.domain.stats import Count
from backstage.domain.subscription import Subscription
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo

_FIRST_BATCH = 50
_LARGEST_BATCH = 500
_BATCH_CHARACTERS = 8 * 1024 * 1024
"""Of payloads and results, roughly: large tasks make small batches."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A lane of which the target counts fewer tasks than the source, or fewer pruned ones."""

    source: Count
    target: Count


@dataclass(frozen=True, slots=True)
class Transferred:
    """`tasks` were read; `new` of them were not in the target yet. So it is with schedules and pauses."""

    tasks: int
    new: int
    pruned: int
    schedules: int
    new_schedules: int
    pauses: int
    new_pauses: int
    audit_entries: int
    missing: Sequence[Missing]
    """Empty unless somebody used one of the stores meanwhile."""


class TransferTasks:
    """Copy all tasks with their records, the counts of pruned ones, schedules, durable subscriptions, pauses and the
    audit log into another store.

    The source is left as it is. What the target has already is left as it is too, so that after an interruption, or
    an error, the same call goes on where it was. Pauses come first and schedules last, so that a worker that starts
    on the target too early finds neither a lane open that should be closed, nor ticks of a store still half empty.
    Broadcasts are not moved: they are for workers, and there are none.
    """

    def __init__(self, backend: Backend, ids: Ids, plan_transfer: PlanTransfer) -> None:
        self._source, self._ids, self._plan_transfer = backend, ids, plan_transfer

    async def __call__(
        self, target: Backend, moved: Callable[[int, int], object] = lambda tasks, new: None
    ) -> Transferred:
        """`moved` is called after each batch with the numbers of tasks read, and of new ones, so far.

        Raises TransferRefusedError as PlanTransfer does, and for a store that is both source and target.
        """
        await self._plan_transfer(target)
        await self._refuse_one_store(target)
        pauses = await self._source.control.paused()
        await self._copy_subscriptions(target)
        new_pauses = [
            await target.control.pause(pause.kind, pause.name, by=pause.by, reason=pause.reason) for pause in pauses
        ]
        tasks, new = await self._move_tasks(target, moved)
        counts = await self._source.tasks.counts()
        await target.archive.write_pruned([count for count in counts if count.pruned])
        audit_entries = await copy_audit_log(self._source.audit_log, target.audit_log)
        schedules = [each for each in await self._source.schedules.all() if isinstance(each, Schedule)]
        new_schedules = [await target.schedules.restore(schedule) for schedule in schedules]
        return Transferred(
            tasks=tasks,
            new=new,
            pruned=sum(count.pruned for count in counts),
            schedules=len(schedules),
            new_schedules=sum(new_schedules),
            pauses=len(pauses),
            new_pauses=sum(new_pauses),
            audit_entries=audit_entries,
            missing=_missing(await self._source.tasks.counts(), await target.tasks.counts()),
        )

    async def _copy_subscriptions(self, target: Backend) -> None:
        """Those whose names the target does not have, and before the tasks, so that no end on the target is missed."""
        known = {each.name for each in await target.subscriptions.all()}
        for subscription in await self._source.subscriptions.all():
            if isinstance(subscription, Subscription) and subscription.name not in known:
                await target.subscriptions.put(subscription)

    async def _move_tasks(self, target: Backend, moved: Callable[[int, int], object]) -> tuple[int, int]:
        tasks, new, limit, after = 0, 0, _FIRST_BATCH, None
        while batch := await self._source.archive.read(after, limit):
            claimed = next((each.task.id for each in batch if each.task.state is TaskState.RUNNING), None)
            if claimed is not None:
                raise TransferRefusedError(
                    f"task {claimed} was claimed meanwhile: stop all workers and run the command again"
                )
            _refuse_undecodable(batch)
            new += await target.archive.write(batch)
            tasks += len(batch)
            moved(tasks, new)
            limit, after = _next_limit(batch), batch[-1].task.id
        return tasks, new

    async def _refuse_one_store(self, target: Backend) -> None:
        """Leave a mark in the target and look for it in the source: URLs can name one store in many ways."""
        now = target.clock.now()
        mark = WorkerInfo(
            id=f"transfer-{self._ids.new()}",
            host="transfer",
            pid=os.getpid(),
            started_at=now,
            seen_at=now,
            concurrency=0,
            queues=(),
            types=(),
            release="transfer",
        )
        await target.registry.beat(mark)
        try:
            seen = await self._source.registry.workers(seen_within=3600.0)
        finally:
            await target.registry.leave(mark.id)
        if mark.id in (worker.id for worker in seen):
            raise TransferRefusedError("source and target are the same store: name another target")


def _refuse_undecodable(batch: Sequence[StoredTask]) -> None:
    """What cannot be read cannot be written elsewhere as it is."""
    for task in (each.task for each in batch):
        if task.undecodable is not None:
            raise TransferRefusedError(
                f"task {task.id} of the source cannot be read ({task.last_failure}): repair or delete it"
            )


def _next_limit(batch: Sequence[StoredTask]) -> int:
    characters = sum(len(each.task.payload_json) + len(each.task.result_json or "") for each in batch)
    return max(1, min(_LARGEST_BATCH, _BATCH_CHARACTERS * len(batch) // (characters + 1)))


def _missing(source: Sequence[Count], target: Sequence[Count]) -> list[Missing]:
    found = {(count.queue, count.type, count.state): count for count in target}
    lanes = [(count.queue, count.type, count.state) for count in source]
    pairs = [Missing(count, found.get(lane) or Count(*lane, 0)) for lane, count in zip(lanes, source, strict=True)]
    return [pair for pair in pairs if pair.target.tasks < pair.source.tasks or pair.target.pruned < pair.source.pruned]
