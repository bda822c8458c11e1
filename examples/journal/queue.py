from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec.structs import replace

from backstage import Attempt, Task, TaskState
from backstage.ports import (
    QUEUE,
    TYPE,
    Claimed,
    ClaimRequest,
    Lease,
    LeaseReport,
    MaxDeliveries,
    NextTasksOf,
    Outcome,
    portion,
)
from examples.journal.store import Store


class JournalQueue:
    """TaskQueue: each step is the entity's own move."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def claim(self, request: ClaimRequest) -> Claimed:
        with self._store.step():
            now = self._store.clock.now()
            ranks = request.queues or {}
            due = sorted(
                (task for task in self._store.tasks.values() if self._may_be_claimed(task, request)),
                key=lambda task: (-ranks.get(task.queue, 0), -task.priority, task.scheduled_at, task.id),
            )
            number = portion(due, lambda task: len(task.payload_json), request.limit)
            claimed = tuple(self._claim(task, request) for task in due[:number])
            later = [
                task.scheduled_at - now
                for task in self._store.tasks.values()
                if task.state is TaskState.PENDING and task.scheduled_at > now
            ]
        if len(claimed) < min(len(due), request.limit):
            return Claimed(claimed, 0.0)  # more are there, which would make the answer too large
        return Claimed(claimed, min(later).total_seconds() if later and len(claimed) < request.limit else None)

    def _may_be_claimed(self, task: Task, request: ClaimRequest) -> bool:
        return (
            task.state is TaskState.PENDING
            and task.scheduled_at <= self._store.clock.now()
            and request.serves(task.queue, task.lane_type)
            and not self._is_paused(task)
        )

    def _is_paused(self, task: Task) -> bool:
        return (QUEUE, task.queue) in self._store.pauses or (TYPE, task.type) in self._store.pauses

    def _claim(self, task: Task, request: ClaimRequest) -> Task:
        now = self._store.clock.now()
        claimed = task.claim(Lease(request.worker_id, now + timedelta(seconds=request.lease)), now)
        self._store.put(claimed)
        self._store.lease_ends[task.id] = self._store.clock.monotonic() + request.lease
        return claimed

    async def held_by(self, worker_id: str) -> list[Task]:
        with self._store.lock:
            running = [self._store.tasks[id_] for id_ in self._store.lease_ends]
        return [task for task in running if task.lease and task.lease.worker_id == worker_id]

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        with self._store.step():
            return [self._settle(outcome) for outcome in outcomes]

    def _settle(self, outcome: Outcome) -> TaskState | None:
        held = self._held({outcome.task_id: outcome.fence})
        return self._end(held[0], outcome).state if held else self._answer_again(outcome)

    def _answer_again(self, outcome: Outcome) -> TaskState | None:
        """The answer whose reply was lost, if the claim has ended as this outcome wants it."""
        for record in self._store.attempts.get(outcome.task_id, ()):
            if record.fence == outcome.fence:
                return outcome.answered_again(record.outcome)
        task = self._store.tasks.get(outcome.task_id)
        return None if task is None else outcome.answered_again(task.unrecorded_end(outcome.fence))

    def _end(self, task: Task, outcome: Outcome) -> Task:
        now = self._store.clock.now()
        ended = task.settle(outcome, now)
        self._store.put(ended)
        if outcome.keep_result_for is not None:
            self._store.result_ends[task.id] = now + timedelta(seconds=outcome.keep_result_for)
        if outcome.has_run:
            self._store.change(attempts=[Attempt.of(task, outcome, now)])
        for next_task in outcome.next_tasks:
            self._store.add(next_task)
        return ended

    async def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        with self._store.step():
            held = self._held(fences)
            until = self._store.clock.now() + timedelta(seconds=lease)
            for task in held:
                assert task.lease is not None
                self._store.put(replace(task, lease=replace(task.lease, until=until)))
                self._store.lease_ends[task.id] = self._store.clock.monotonic() + lease
        return _answer(fences, held)

    async def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        with self._store.lock:
            return _answer(fences, self._held(fences))

    def _held(self, fences: Mapping[str, int]) -> list[Task]:
        """The tasks whose present claim has that fence: nothing else may be touched on behalf of a claim."""
        tasks = [self._store.tasks[id_] for id_ in fences if id_ in self._store.lease_ends]
        return [task for task in tasks if task.fence == fences[task.id]]

    async def report_progress(self, task_id: str, fence: int, progress: float, note: str | None) -> bool:
        with self._store.step():
            held = self._held({task_id: fence})
            for task in held:
                self._store.put(replace(task, progress=progress, progress_note=note))
            return bool(held)

    async def reclaim(
        self, max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None = None
    ) -> list[tuple[Task, Outcome]]:
        with self._store.step():
            now = self._store.clock.monotonic()
            expired = [self._store.tasks[id_] for id_, end in self._store.lease_ends.items() if end < now][:limit]
            outcomes = [(task, task.honouring_cancel(task.lost(max_deliveries))) for task in expired]
            if next_tasks_of is not None:
                outcomes = [(task, outcome.followed_by(next_tasks_of(task, outcome))) for task, outcome in outcomes]
            return [(self._end(task, outcome), outcome) for task, outcome in outcomes]

    async def is_idle(self, types: frozenset[str] | None, queues: frozenset[str] | None) -> bool:
        with self._store.lock:
            return not any(
                (types is None or task.lane_type in types)
                and (queues is None or task.queue in queues)
                and not self._is_paused(task)
                and self._is_work(task)
                for task in self._store.tasks.values()
            )

    def _is_work(self, task: Task) -> bool:
        is_chained = task.workflow_id != task.id
        is_due = task.scheduled_at <= self._store.clock.now() or task.deliveries > 0 or is_chained
        return task.state is TaskState.RUNNING or (task.state is TaskState.PENDING and is_due)


def _answer(fences: Mapping[str, int], held: list[Task]) -> LeaseReport:
    return LeaseReport(
        lost=frozenset(fences) - {task.id for task in held},
        cancel_requested=frozenset(task.id for task in held if task.is_cancel_requested),
    )
