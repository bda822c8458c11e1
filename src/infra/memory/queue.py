from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from datetime import timedelta
from operator import attrgetter

from msgspec.structs import replace

from backstage.domain.attempt import Attempt
from backstage.domain.lease import Lease
from backstage.domain.outcome import Outcome
from backstage.domain.portions import portion
from backstage.domain.ports.task_queue import Claimed, ClaimRequest, LeaseReport, NextTasksOf
from backstage.domain.task import MaxDeliveries, Task
from backstage.domain.task_state import TaskState
from backstage.infra.memory.store import Lane, MemoryStore


class MemoryQueue:
    """TaskQueue over the same dict: each step is the entity's own move."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def claim(self, request: ClaimRequest) -> Claimed:
        with self._store.lock:
            self._store.promote_due()
            best = self._best_of_all(request)[: request.limit]
            claimed = [self._claim_one(task, request) for task in best[: portion(best, attrgetter("size"), len(best))]]
            if len(claimed) < len(best):
                return Claimed(tuple(claimed), 0.0)
            next_due_in = None if len(claimed) == request.limit else self._store.next_due_in()
        return Claimed(tuple(claimed), next_due_in)

    def _best_of_all(self, request: ClaimRequest) -> list[Task]:
        ranks = request.queues
        by_lane = [
            self._store.best(lane, request.limit)
            for lane in self._lanes_with_work()
            if request.serves(*lane) and not self._store.is_paused(lane)
        ]

        def order(task: Task) -> tuple[object, ...]:
            return (-(ranks or {}).get(task.queue, 0), -task.priority, task.scheduled_at, task.id)

        return list(heapq.merge(*by_lane, key=order))

    def _lanes_with_work(self) -> list[Lane]:
        counts = self._store.counts
        return [
            (queue, type_) for (queue, type_, state), number in counts.items() if state is TaskState.PENDING and number
        ]

    def _claim_one(self, task: Task, request: ClaimRequest) -> Task:
        now = self._store.clock.now()
        claimed = task.claim(Lease(request.worker_id, now + timedelta(seconds=request.lease)), now)
        self._store.put(claimed)
        self._store.lease_ends[task.id] = self._store.clock.monotonic() + request.lease
        return claimed

    async def held_by(self, worker_id: str) -> list[Task]:
        with self._store.lock:
            running = [self._store.tasks[task_id] for task_id in self._store.lease_ends]
        return [task for task in running if task.lease and task.lease.worker_id == worker_id]

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        with self._store.lock:
            answers = [self._settle_one(outcome) for outcome in outcomes]
            if any(outcome.next_tasks or outcome.state is TaskState.PENDING for outcome in outcomes):
                self._store.wake()
        return answers

    def _settle_one(self, outcome: Outcome) -> TaskState | None:
        task = self._store.tasks.get(outcome.task_id)
        if task is None:
            return None
        if task.state is not TaskState.RUNNING or task.fence != outcome.fence:
            return self._answer_again(task, outcome)
        return self._end(task, outcome).state

    def _answer_again(self, task: Task, outcome: Outcome) -> TaskState | None:
        for record in self._store.attempts.get(task.id, ()):
            if record.fence == outcome.fence:
                return outcome.answered_again(record.outcome)
        return outcome.answered_again(task.unrecorded_end(outcome.fence))

    def _end(self, task: Task, outcome: Outcome) -> Task:
        now = self._store.clock.now()
        ended = task.settle(outcome, now)
        if outcome.has_run:
            self._store.attempts.setdefault(task.id, []).append(Attempt.of(task, outcome, now))
        self._store.put(ended)
        if outcome.keep_result_for is not None:
            self._store.result_ends[task.id] = now + timedelta(seconds=outcome.keep_result_for)
        for next_task in outcome.next_tasks:
            self._store.add(next_task)
        return ended

    async def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        with self._store.lock:
            until = self._store.clock.now() + timedelta(seconds=lease)
            held = self._held(fences)
            for task in held:
                assert task.lease is not None
                self._store.tasks[task.id] = replace(task, lease=Lease(task.lease.worker_id, until))
                self._store.lease_ends[task.id] = self._store.clock.monotonic() + lease
        return _answer(fences, held)

    async def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        with self._store.lock:
            return _answer(fences, self._held(fences))

    def _held(self, fences: Mapping[str, int]) -> list[Task]:
        tasks = (self._store.tasks.get(task_id) for task_id in fences)
        return [
            task
            for task in tasks
            if task is not None and task.state is TaskState.RUNNING and task.fence == fences[task.id]
        ]

    async def report_progress(self, task_id: str, fence: int, progress: float, note: str | None) -> bool:
        with self._store.lock:
            for task in self._held({task_id: fence}):
                self._store.tasks[task_id] = replace(task, progress=progress, progress_note=note)
                return True
        return False

    async def reclaim(
        self, max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None = None
    ) -> list[tuple[Task, Outcome]]:
        with self._store.lock:
            now = self._store.clock.monotonic()
            expired = [task_id for task_id, end in self._store.lease_ends.items() if end < now]
            reclaimed = []
            for task_id in sorted(expired)[:limit]:
                task = self._store.tasks[task_id]
                outcome = task.honouring_cancel(task.lost(max_deliveries))
                if next_tasks_of is not None:
                    outcome = outcome.followed_by(next_tasks_of(task, outcome))
                reclaimed.append((self._end(task, outcome), outcome))
            if reclaimed:
                self._store.wake()
        return reclaimed

    async def is_idle(self, types: frozenset[str] | None, queues: frozenset[str] | None) -> bool:
        with self._store.lock:
            now = self._store.clock.now()
            return not any(
                task.state is TaskState.RUNNING
                or (
                    task.state is TaskState.PENDING
                    and (task.scheduled_at <= now or task.deliveries or task.workflow_id != task.id)
                )
                for task in self._store.tasks.values()
                if (types is None or task.lane_type in types)
                and (queues is None or task.queue in queues)
                and not self._store.is_paused((task.queue, task.lane_type))
            )


def _answer(fences: Mapping[str, int], held: list[Task]) -> LeaseReport:
    return LeaseReport(
        lost=frozenset(fences) - {task.id for task in held},
        cancel_requested=frozenset(task.id for task in held if task.is_cancel_requested),
    )
