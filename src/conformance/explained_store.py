"""A store in a random state whose explanations are compared with what claims do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from backstage.conformance.trial import LEASE, Trial
from backstage.domain.explanation import Explanation, Reason, ReasonKind
from backstage.domain.lane_type import lane_type, plain_type
from backstage.domain.ports.queue_control import QUEUE, TYPE
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo

TYPES = ("x", "y", "z")


class ExplainedStore:
    """Keeps its own account of workers, pauses and what they hold; tasks are read from the store one by one."""

    def __init__(self, trial: Trial, chance: Random, number: int) -> None:
        self._trial, self._chance = trial, chance
        self._queues = tuple(f"{name}{number}" for name in "abc")
        self._types = tuple(f"{name}{number}" for name in TYPES)
        self._lanes = tuple(lane_type(each, version) for each in self._types for version in (1, 2))
        self._workers: dict[str, WorkerInfo] = {}
        self._pauses: set[tuple[str, str]] = set()
        self._held: dict[str, Task] = {}
        self._ids: list[str] = []

    async def fill(self) -> Task:
        """Return a pending task to ask about."""
        for number in range(self._chance.randint(0, 3)):
            await self._beat(self._random_worker(f"w{number}"))
        tasks = [self._random_task() for _ in range(self._chance.randint(4, 12))]
        await self._trial.tasks.add(tasks)
        self._ids = [task.id for task in tasks]
        for worker in list(self._workers.values()):
            for _ in range(self._chance.randint(0, worker.concurrency)):
                await self._claim(worker)
        for kind, names in ((QUEUE, self._queues), (TYPE, self._types)):
            if self._chance.random() < 0.4:
                await self._pause(kind, self._chance.choice(names))
        pending = [task for task in tasks if task.id not in self._held]
        return self._chance.choice(pending) if pending else await self._one_more()

    async def check(self, task_id: str, explanation: Explanation) -> None:
        """The first reason by the account kept here, which knows nothing of facts."""
        task, now = await self._trial.tasks.get(task_id), self._trial.clock.now()
        takers = self._takers(task)
        first = explanation.reasons[0]
        is_paused = (QUEUE, task.queue) in self._pauses or (TYPE, task.type) in self._pauses
        if task.scheduled_at > now:
            assert first.kind is ReasonKind.NOT_DUE
        elif is_paused:
            assert first.kind is ReasonKind.PAUSED
        elif not takers:
            assert first.kind is self._why_unserved(task)
        elif ahead := await self._fewest_before(task, takers):
            assert (first.kind, first.details["tasks"]) == (ReasonKind.BEHIND_OTHERS, ahead)
        elif not self._with_room(takers):
            assert first.kind is ReasonKind.SLOTS_BUSY
        else:
            assert first.kind is ReasonKind.NEXT

    async def remove(self, task_id: str, reason: Reason) -> None:
        """Remove what the reason names, and nothing else."""
        task = await self._trial.tasks.get(task_id)
        if reason.kind is ReasonKind.NOT_DUE:
            self._trial.clock.advance((task.scheduled_at - self._trial.clock.now()).total_seconds())
            for worker in list(self._workers.values()):
                await self._beat(worker)
        elif reason.kind is ReasonKind.PAUSED:
            await self._resume(reason.details["kind"], reason.details["name"])
        elif reason.kind is ReasonKind.QUIET_WORKERS:
            await self._beat(replace(self._workers[reason.details["workers"][0]], is_quiet=False))
        elif reason.kind is ReasonKind.NO_WORKER:
            await self._beat(self._random_worker("new", is_stopping=False, is_quiet=False))
        elif reason.kind in {ReasonKind.UNKNOWN_TYPE, ReasonKind.UNKNOWN_VERSION}:
            worker = self._alive()[0]
            await self._beat(replace(worker, types=(*worker.types, task.lane_type)))
        elif reason.kind is ReasonKind.UNSERVED_QUEUE:
            worker = next(each for each in self._alive() if task.lane_type in each.types)
            await self._beat(replace(worker, queues=(*worker.queues, task.queue)))
        elif reason.kind is ReasonKind.BEHIND_OTHERS:
            await self._take_those_before(task, reason.details)
        else:
            assert reason.kind is ReasonKind.SLOTS_BUSY
            await self._end_one_of(reason.details["workers"][0])

    async def is_taken_next(self, task_id: str) -> bool:
        task = await self._trial.tasks.get(task_id)
        for worker in self._with_room(self._takers(task)):
            if not await self._taken_before(task, worker):
                taken = await self._claim(worker)
                return taken is not None and taken.id == task_id
        return False

    async def empty(self) -> None:
        """Leave nothing that the next state would see."""
        for worker_id in list(self._workers):
            await self._trial.registry.leave(worker_id)
        for kind, name in list(self._pauses):
            await self._resume(kind, name)
        await self._trial.queue.settle([task.completed() for task in self._held.values()])
        for task_id in self._ids:
            task = await self._trial.tasks.get(task_id)
            if task.state is TaskState.PENDING:
                await self._trial.tasks.save(task.cancel(self._trial.clock.now()))

    # -- the account -----------------------------------------------------------------------------

    def _alive(self) -> list[WorkerInfo]:
        return [worker for worker in self._workers.values() if not (worker.is_stopping or worker.is_quiet)]

    def _takers(self, task: Task) -> list[WorkerInfo]:
        return [worker for worker in self._alive() if worker.serves(task.queue, task.lane_type)]

    def _with_room(self, workers: Sequence[WorkerInfo]) -> list[WorkerInfo]:
        return [worker for worker in workers if self._number_held(worker) < worker.concurrency]

    def _number_held(self, worker: WorkerInfo) -> int:
        return sum(task.lease is not None and task.lease.worker_id == worker.id for task in self._held.values())

    def _why_unserved(self, task: Task) -> ReasonKind:
        willing = [worker for worker in self._workers.values() if worker.is_quiet and not worker.is_stopping]
        if any(worker.serves(task.queue, task.lane_type) for worker in willing):
            return ReasonKind.QUIET_WORKERS
        if not self._alive():
            return ReasonKind.NO_WORKER
        known = {name for worker in self._alive() for name in worker.types}
        if task.lane_type in known:
            return ReasonKind.UNSERVED_QUEUE
        is_other_version = task.type in map(plain_type, known)
        return ReasonKind.UNKNOWN_VERSION if is_other_version else ReasonKind.UNKNOWN_TYPE

    async def _taken_before(self, task: Task, worker: WorkerInfo) -> list[Task]:
        """What the worker claims before the task, in that order."""
        tasks = [await self._trial.tasks.get(task_id) for task_id in self._ids]
        due = [
            each
            for each in tasks
            if each.is_due(self._trial.clock.now())
            and worker.serves(each.queue, each.lane_type)
            and not {(QUEUE, each.queue), (TYPE, each.type)} & self._pauses
        ]
        due.sort(key=lambda each: (-worker.ranks.get(each.queue, 0), -each.priority, each.scheduled_at, each.id))
        return due[: [each.id for each in due].index(task.id)]

    async def _fewest_before(self, task: Task, takers: Sequence[WorkerInfo]) -> int:
        return min([len(await self._taken_before(task, worker)) for worker in self._with_room(takers) or takers])

    async def _take_those_before(self, task: Task, details: Mapping[str, Any]) -> None:
        """Claims by a worker that has the fewest before the task take exactly these, one after another."""
        takers = self._takers(task)
        for worker in self._with_room(takers) or takers:
            before = await self._taken_before(task, worker)
            if len(before) == details["tasks"]:
                for each in before:
                    claimed = await self._claim(worker)
                    assert claimed is not None
                    assert claimed.id == each.id
                return
        raise AssertionError(f"no worker has {details['tasks']} tasks before it")

    # -- steps -----------------------------------------------------------------------------------

    async def _beat(self, worker: WorkerInfo) -> None:
        await self._trial.registry.beat(worker)
        self._workers[worker.id] = worker

    async def _claim(self, worker: WorkerInfo) -> Task | None:
        ranks = {queue: worker.ranks.get(queue, 0) for queue in worker.queues} or None
        request = ClaimRequest(worker_id=worker.id, types=frozenset(worker.types), queues=ranks, limit=1, lease=LEASE)
        claimed = (await self._trial.queue.claim(request)).tasks
        self._held.update((task.id, task) for task in claimed)
        return claimed[0] if claimed else None

    async def _end_one_of(self, worker_id: str) -> None:
        task = next(each for each in self._held.values() if each.lease and each.lease.worker_id == worker_id)
        while True:
            await self._trial.settle(self._held.pop(task.id).completed())
            if self._number_held(self._workers[worker_id]) < self._workers[worker_id].concurrency:
                return
            task = next(each for each in self._held.values() if each.lease and each.lease.worker_id == worker_id)

    async def _pause(self, kind: str, name: str) -> None:
        await self._trial.control.pause(kind, name)
        self._pauses.add((kind, name))

    async def _resume(self, kind: str, name: str) -> None:
        await self._trial.control.resume(kind, name)
        self._pauses.discard((kind, name))

    async def _one_more(self) -> Task:
        task = self._random_task()
        await self._trial.tasks.add([task])
        self._ids.append(task.id)
        return task

    def _random_task(self) -> Task:
        return self._trial.new_task(
            queue=self._chance.choice(self._queues),
            type=self._chance.choice(self._types),
            payload_version=self._chance.choice([1, 1, 2]),
            priority=self._chance.choice([-1, 0, 0, 1]),
            delay=self._chance.choice([0.0, 0.0, 0.0, 45.0]),
        )

    def _random_worker(
        self, worker_id: str, *, is_stopping: bool | None = None, is_quiet: bool | None = None
    ) -> WorkerInfo:
        queues = self._chance.sample(self._queues, self._chance.randint(0, 2))
        return new_worker(
            self._trial,
            worker_id,
            queues=tuple(sorted(queues)),
            types=tuple(sorted(self._chance.sample(self._lanes, self._chance.randint(2, 5)))),
            concurrency=self._chance.randint(1, 3),
            ranks={queue: rank for queue in sorted(queues) if (rank := self._chance.choice([0, 0, 1, 2]))},
            is_stopping=self._chance.random() < 0.2 if is_stopping is None else is_stopping,
            is_quiet=self._chance.random() < 0.2 if is_quiet is None else is_quiet,
        )


def new_worker(trial: Trial, worker_id: str, **fields: Any) -> WorkerInfo:
    """A worker that serves every queue and A_TYPE, with ten slots; `fields` are those that shall differ."""
    now = trial.clock.now()
    defaults: dict[str, Any] = {
        "id": worker_id,
        "host": "h",
        "pid": 7,
        "started_at": now,
        "seen_at": now,
        "concurrency": 10,
        "queues": (),
        "types": ("email:send",),
    }
    return WorkerInfo(**(defaults | fields))
