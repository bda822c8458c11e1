"""The state behind the memory ports. The adapters hold `lock` while they touch it."""

from __future__ import annotations

import heapq
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from backstage.domain.attempt import Attempt
from backstage.domain.audit_entry import AuditEntry
from backstage.domain.bulk_operation import BulkOperation
from backstage.domain.dedupe import Duplicate
from backstage.domain.event_log import LogEntry
from backstage.domain.hint import Hint
from backstage.domain.lane_type import plain_type
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.queue_control import Pause
from backstage.domain.run_log import RunLog
from backstage.domain.schedule import Schedule
from backstage.domain.subscription import Subscription
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES, LIVE_STATES, TaskState
from backstage.domain.token import Token
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerStacks

Lane = tuple[str, str]
"""Queue and type: the unit that is claimed from, so that neither paused nor unknown work is ever scanned."""


@dataclass(slots=True)
class EventLog:
    """Of one task: `since` when it is kept, and its entries with the moments at which they were stored."""

    since: datetime
    entries: deque[tuple[LogEntry, datetime]] = field(default_factory=deque)


class MemoryStore:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.generation = uuid4().hex
        self.tasks: dict[str, Task] = {}
        self.attempts: dict[str, list[Attempt]] = {}
        self.event_logs: dict[str, EventLog] = {}
        self.run_logs: dict[str, dict[int, RunLog]] = {}  # by fence
        self.result_ends: dict[str, datetime] = {}  # until when results are kept that are not kept with their task
        self.results_gone: dict[str, datetime] = {}
        self.lease_ends: dict[str, float] = {}  # of running tasks, on the monotonic clock
        self.counts: Counter[tuple[str, str, TaskState]] = Counter()
        self.pruned: Counter[tuple[str, str, TaskState]] = Counter()
        self.dedupe: dict[tuple[str, str], str] = {}  # queue and key -> task id
        self.pauses: dict[tuple[str, str], Pause] = {}
        self.workers: dict[str, WorkerInfo] = {}
        self.stacks_requests: dict[str, str] = {}  # worker id -> request
        self.stacks: dict[str, WorkerStacks] = {}
        self.bulk: dict[str, BulkOperation] = {}
        self.schedules: dict[str, Schedule] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.audit: list[AuditEntry] = []
        self.tokens: dict[str, Token] = {}  # digest -> token
        self.wakers: list[Callable[[], None]] = []  # of those that hear all
        self.called: dict[str, Callable[[Hint], None]] = {}  # a subscriber's name -> what gives it a hint
        self._ready: dict[Lane, list[tuple[int, datetime, str, int]]] = {}
        self._waiting: list[tuple[datetime, str, int]] = []
        self._entries: dict[str, int] = {}  # of pending tasks: the number of the one entry above that is not outdated
        self._numbers = count()

    def add(self, task: Task) -> Duplicate | None:
        """Store a new task; one whose id is stored, or whose key is held, is left out."""
        if task.id in self.tasks:
            return None
        holder = self.holder(task)
        if holder is not None:
            assert task.dedupe is not None
            return Duplicate(holder, task.dedupe.key)
        self.put(task)
        return None

    def put(self, task: Task) -> None:
        """Store the task in place of its former self, keeping counts, lanes and the dedupe key in step."""
        before = self.tasks.get(task.id)
        lane_type = task.lane_type
        if before is not None:
            self.counts[before.queue, lane_type, before.state] -= 1
        self.tasks[task.id] = task
        self.counts[task.queue, lane_type, task.state] += 1
        self._entries.pop(task.id, None)
        if task.state is TaskState.PENDING:
            self._entries[task.id] = next(self._numbers)
            heapq.heappush(self._waiting, (task.scheduled_at, task.id, self._entries[task.id]))
        if task.state is not TaskState.RUNNING:
            self.lease_ends.pop(task.id, None)
        if task.dedupe is not None:
            self._keep_key_in_step(task)

    def delete(self, task: Task) -> None:
        del self.tasks[task.id]
        self.attempts.pop(task.id, None)
        self.event_logs.pop(task.id, None)
        self.run_logs.pop(task.id, None)
        self.result_ends.pop(task.id, None)
        self.results_gone.pop(task.id, None)
        self.pruned[task.queue, task.lane_type, task.state] += 1
        if task.dedupe is not None and self.holder(task) is None:
            self.dedupe.pop((task.queue, task.dedupe.key), None)

    def holder(self, task: Task) -> str | None:
        """The id of the task that holds this task's dedupe key now, if any does."""
        if task.dedupe is None:
            return None
        holder_id = self.dedupe.get((task.queue, task.dedupe.key))
        holder = self.tasks.get(holder_id) if holder_id is not None else None
        if holder is None or not self._holds_key(holder):
            return None
        return holder.id

    def best(self, lane: Lane, limit: int) -> list[Task]:
        """The lane's first due tasks, best first; they stay in the lane until they are put back changed."""
        heap = self._ready.get(lane, [])
        found: list[tuple[int, datetime, str, int]] = []
        while heap and len(found) < limit:
            entry = heapq.heappop(heap)
            if self._entries.get(entry[2]) == entry[3]:
                found.append(entry)
        for entry in found:
            heapq.heappush(heap, entry)
        return [self.tasks[entry[2]] for entry in found]

    def promote_due(self) -> None:
        """Move what has become due into its lane."""
        now = self.clock.now()
        while self._waiting and self._waiting[0][0] <= now:
            scheduled_at, task_id, number = heapq.heappop(self._waiting)
            if self._entries.get(task_id) == number:
                task = self.tasks[task_id]
                lane = self._ready.setdefault((task.queue, task.lane_type), [])
                heapq.heappush(lane, (-task.priority, scheduled_at, task_id, number))

    def next_due_in(self) -> float | None:
        while self._waiting and self._entries.get(self._waiting[0][1]) != self._waiting[0][2]:
            heapq.heappop(self._waiting)
        if not self._waiting:
            return None
        return max(0.0, (self._waiting[0][0] - self.clock.now()).total_seconds())

    def is_paused(self, lane: Lane) -> bool:
        if not self.pauses:
            return False
        return ("queue", lane[0]) in self.pauses or ("type", plain_type(lane[1])) in self.pauses

    def wake(self) -> None:
        for waker in list(self.wakers):
            waker()

    def _keep_key_in_step(self, task: Task) -> None:
        assert task.dedupe is not None
        key = (task.queue, task.dedupe.key)
        if self._holds_key(task):
            if self.holder(task) is None:  # one that came from another store may find its key taken
                self.dedupe[key] = task.id
        elif self.dedupe.get(key) == task.id:
            del self.dedupe[key]

    def _holds_key(self, task: Task) -> bool:
        assert task.dedupe is not None
        if task.state is TaskState.CANCELLED:
            return False
        if task.dedupe.ttl is None:
            return task.state in LIVE_STATES
        return self.clock.now() < task.created_at + timedelta(seconds=task.dedupe.ttl)


assert frozenset(TaskState) == FINAL_STATES | LIVE_STATES
