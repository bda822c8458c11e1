from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from backstage.conformance.trial import Tally
from backstage.domain.attempt import Attempt
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import DuplicateTaskError, StaleTaskError, TaskNotFoundError
from backstage.domain.lease import Lease
from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_queue import ClaimRequest, LeaseReport
from backstage.domain.retention import Retention
from backstage.domain.stats import OldestDue
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import LIVE_STATES, TaskState

Lane = tuple[str, str, TaskState]
_ENDS_WITHOUT_RECORD = {
    TaskState.PENDING: OutcomeKind.RELEASED,
    TaskState.CANCELLED: OutcomeKind.CANCELLED,
    TaskState.FAILED: OutcomeKind.DEAD,
}


class Model:
    """What a store must remember, in the plainest form: every answer is worked out anew from all tasks.

    It shares nothing with any adapter, so that each of them, the memory one included, can be compared with it. It
    is not a backend: no locks, no counters, no indexes, and time must not go back.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.tasks: dict[str, Task] = {}
        self.attempts: dict[str, list[Attempt]] = {}
        self.pauses: set[tuple[str, str]] = set()
        self._lease_ends: dict[tuple[str, int], float] = {}
        self._pruned: Counter[Lane] = Counter()

    # -- adding and saving -----------------------------------------------------------------------

    def add(self, tasks: Sequence[Task]) -> list[Duplicate | None]:
        return [self._add_one(task) for task in tasks]

    def _add_one(self, task: Task) -> Duplicate | None:
        if task.id in self.tasks:
            return None
        holder = self.holder(task)
        if holder is not None and task.dedupe is not None:
            return Duplicate(holder, task.dedupe.key)
        self.tasks[task.id] = task
        return None

    def save(self, task: Task) -> None:
        if task.id not in self.tasks:
            raise TaskNotFoundError(task.id)
        if self.tasks[task.id].version != task.version - 1:
            raise StaleTaskError(task.id)
        holder = self.holder(task)
        if task.state is TaskState.PENDING and task.dedupe is not None and holder not in (None, task.id):
            assert holder is not None
            raise DuplicateTaskError(task.dedupe.key, holder)
        stored = self.tasks[task.id]
        if stored.state is TaskState.RUNNING and task.state is TaskState.RUNNING:
            task = replace(stored, is_cancel_requested=task.is_cancel_requested, version=task.version)
        self.tasks[task.id] = task

    def holder(self, task: Task) -> str | None:
        """The id of the one task that holds this task's key."""
        holders = [each.id for each in self.tasks.values() if _same_key(each, task) and self._holds_its_key(each)]
        assert len(holders) <= 1, f"several tasks hold one key: {holders}"
        return holders[0] if holders else None

    def _holds_its_key(self, task: Task) -> bool:
        assert task.dedupe is not None
        if task.dedupe.ttl is None:
            return task.state in LIVE_STATES
        is_within = self._clock.now() < task.created_at + timedelta(seconds=task.dedupe.ttl)
        return is_within and task.state is not TaskState.CANCELLED

    # -- claiming and settling -------------------------------------------------------------------

    def claim(self, request: ClaimRequest) -> tuple[Task, ...]:
        now = self._clock.now()
        lease = Lease(request.worker_id, now + timedelta(seconds=request.lease))
        ranks = request.queues or {}
        best = sorted(
            (task for task in self.tasks.values() if self._may_be_claimed(task, request)),
            key=lambda task: (-ranks.get(task.queue, 0), -task.priority, task.scheduled_at, task.id),
        )
        claimed = tuple(task.claim(lease, now) for task in best[: request.limit])
        for task in claimed:
            self.tasks[task.id] = task
            self._lease_ends[task.id, task.fence] = self._clock.monotonic() + request.lease
        return claimed

    def _may_be_claimed(self, task: Task, request: ClaimRequest) -> bool:
        return (
            task.state is TaskState.PENDING
            and task.scheduled_at <= self._clock.now()
            and request.serves(task.queue, task.lane_type)
            and not self._is_paused(task)
        )

    def _is_paused(self, task: Task) -> bool:
        return ("queue", task.queue) in self.pauses or ("type", task.type) in self.pauses

    def next_due_in(self) -> float | None:
        now = self._clock.now()
        waiting = [task.scheduled_at for task in self.tasks.values() if task.state is TaskState.PENDING]
        future = [(due - now).total_seconds() for due in waiting if due > now]
        return min(future, default=None)

    def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        return [self._settle_one(outcome) for outcome in outcomes]

    def _settle_one(self, outcome: Outcome) -> TaskState | None:
        task = self._held(outcome.task_id, outcome.fence)
        return self._end(task, outcome).state if task else self._answer_again(outcome)

    def _answer_again(self, outcome: Outcome) -> TaskState | None:
        ended = {record.fence: record.outcome for record in self.attempts.get(outcome.task_id, [])}.get(outcome.fence)
        task = self.tasks.get(outcome.task_id)
        if ended is None and task is not None and task.fence == outcome.fence:
            ended = _ENDS_WITHOUT_RECORD.get(task.state)
        if ended is outcome.kind:
            return outcome.state
        became_cancel = ended is OutcomeKind.CANCELLED and outcome.state is TaskState.PENDING
        return TaskState.CANCELLED if became_cancel else None

    def _end(self, task: Task, outcome: Outcome) -> Task:
        now = self._clock.now()
        if outcome.has_run:
            self.attempts.setdefault(task.id, []).append(Attempt.of(task, outcome, now))
        self.tasks[task.id] = task.settle(outcome, now)
        self.add(outcome.next_tasks)
        return self.tasks[task.id]

    def _held(self, task_id: str, fence: int) -> Task | None:
        task = self.tasks.get(task_id)
        return task if task and task.state is TaskState.RUNNING and task.fence == fence else None

    # -- leases ----------------------------------------------------------------------------------

    def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        until = self._clock.now() + timedelta(seconds=lease)
        for task_id, fence in fences.items():
            task = self._held(task_id, fence)
            if task and task.lease:
                self.tasks[task_id] = replace(task, lease=Lease(task.lease.worker_id, until))
                self._lease_ends[task_id, fence] = self._clock.monotonic() + lease
        return self.inspect(fences)

    def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        held = [task for task_id, fence in fences.items() if (task := self._held(task_id, fence))]
        return LeaseReport(
            frozenset(fences) - {task.id for task in held},
            frozenset(task.id for task in held if task.is_cancel_requested),
        )

    def report_progress(self, task_id: str, fence: int, progress: float, note: str | None) -> bool:
        task = self._held(task_id, fence)
        if task:
            self.tasks[task_id] = replace(task, progress=progress, progress_note=note)
        return task is not None

    def reclaim(self, max_deliveries: int) -> dict[str, tuple[Task, Outcome]]:
        """Every lost task by its id, with the outcome."""
        now = self._clock.monotonic()
        running = [task for task in self.tasks.values() if task.state is TaskState.RUNNING]
        lost = [task for task in running if self._lease_ends[task.id, task.fence] < now]
        outcomes = {task.id: task.honouring_cancel(task.lost(max_deliveries)) for task in lost}
        return {task.id: (self._end(task, outcomes[task.id]), outcomes[task.id]) for task in lost}

    def is_idle(self, types: frozenset[str] | None, queues: frozenset[str] | None) -> bool:
        return not any(self._is_awaited(task) for task in self.tasks.values() if _is_among(task, types, queues))

    def _is_awaited(self, task: Task) -> bool:
        if self._is_paused(task):
            return False
        is_for_now = task.scheduled_at <= self._clock.now() or task.deliveries > 0
        return task.state is TaskState.RUNNING or (task.state is TaskState.PENDING and is_for_now)

    # -- looking and deleting --------------------------------------------------------------------

    def find(self, query: TaskQuery) -> tuple[Task, ...]:
        """The page and all that would follow it."""
        return tuple(sorted((task for task in self.tasks.values() if query.matches(task)), key=_id, reverse=True))

    def held_by(self, worker_id: str) -> list[Task]:
        """By id."""
        return sorted((t for t in self.tasks.values() if t.lease and t.lease.worker_id == worker_id), key=_id)

    def tally(self) -> Tally:
        stored = Counter((task.queue, task.lane_type, task.state) for task in self.tasks.values())
        return {lane: (stored[lane] + self._pruned[lane], self._pruned[lane]) for lane in stored | self._pruned}

    def oldest_due(self) -> list[OldestDue]:
        now = self._clock.now()
        waits: dict[tuple[str, str], float] = {}
        for task in self.tasks.values():
            if task.state is TaskState.PENDING and task.scheduled_at <= now:
                waited = (now - task.scheduled_at).total_seconds()
                waits[task.queue, task.lane_type] = max(waits.get((task.queue, task.lane_type), 0.0), waited)
        return [OldestDue(*lane, waited) for lane, waited in sorted(waits.items())]

    def prune(self, retention: Retention, limit: int) -> int:
        doomed = sorted((task for task in self.tasks.values() if self._may_be_pruned(task, retention)), key=_end)
        for task in doomed[:limit]:
            del self.tasks[task.id]
            self.attempts.pop(task.id, None)
            self._pruned[task.queue, task.lane_type, task.state] += 1
        return len(doomed[:limit])

    def _may_be_pruned(self, task: Task, retention: Retention) -> bool:
        if task.state is not retention.state or not retention.is_about(task.queue):
            return False
        age = (self._clock.now() - _end(task)[0]).total_seconds()
        siblings = [t for t in self.tasks.values() if t.state is task.state and t.queue == task.queue]
        newer = sum(_end(each) > _end(task) for each in siblings)
        return (retention.max_age is not None and age > retention.max_age) or (
            retention.keep_last is not None and newer >= retention.keep_last
        )


def _id(task: Task) -> str:
    return task.id


def _end(task: Task) -> tuple[datetime, str]:
    assert task.finished_at is not None
    return task.finished_at, task.id


def _is_among(task: Task, types: Container[str] | None, queues: Container[str] | None) -> bool:
    return (types is None or task.lane_type in types) and (queues is None or task.queue in queues)


def _same_key(one: Task, other: Task) -> bool:
    return (
        one.dedupe is not None
        and other.dedupe is not None
        and (one.queue, one.dedupe.key) == (other.queue, other.dedupe.key)
    )
