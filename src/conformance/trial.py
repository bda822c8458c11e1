from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from backstage.conformance.task_factory import A_TYPE, TaskFactory
from backstage.domain.failure import Failure
from backstage.domain.lease import Lease
from backstage.domain.outcome import Outcome
from backstage.domain.ports.audit_log import AuditLog
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.broadcasts import Broadcasts
from backstage.domain.ports.bulk_operations import BulkOperations
from backstage.domain.ports.facts import Facts
from backstage.domain.ports.queue_control import QueueControl
from backstage.domain.ports.run_history import RunHistory
from backstage.domain.ports.schedule_repository import ScheduleRepository
from backstage.domain.ports.subscriptions import Subscriptions
from backstage.domain.ports.task_archive import TaskArchive
from backstage.domain.ports.task_events import TaskEvents
from backstage.domain.ports.task_queue import Claimed, ClaimRequest, TaskQueue
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.ports.tokens import Tokens
from backstage.domain.ports.type_definitions import TypeDefinitions
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.testing.fake_clock import FakeClock

LEASE = 30.0
"""Seconds of the lease that a trial claims with."""

BROKEN = Failure("ValueError", "no such address", "Traceback ...")
POLICY = RetryPolicy()

Tally = dict[tuple[str, str, TaskState], tuple[int, int]]
"""Queue, type and state to how many tasks there were and how many of them are pruned; rows without tasks left out."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A backend on trial: its clock, and short ways to bring a task where a test begins."""

    backend: Backend
    clock: FakeClock
    new_task: TaskFactory

    @property
    def tasks(self) -> TaskRepository:
        return self.backend.tasks

    @property
    def queue(self) -> TaskQueue:
        return self.backend.queue

    @property
    def control(self) -> QueueControl:
        return self.backend.control

    @property
    def registry(self) -> WorkerRegistry:
        return self.backend.registry

    @property
    def schedules(self) -> ScheduleRepository:
        return self.backend.schedules

    @property
    def audit_log(self) -> AuditLog:
        return self.backend.audit_log

    @property
    def bulk_operations(self) -> BulkOperations:
        return self.backend.bulk_operations

    @property
    def type_definitions(self) -> TypeDefinitions:
        return self.backend.type_definitions

    @property
    def tokens(self) -> Tokens:
        return self.backend.tokens

    @property
    def history(self) -> RunHistory:
        return self.backend.history

    @property
    def subscriptions(self) -> Subscriptions:
        return self.backend.subscriptions

    @property
    def broadcasts(self) -> Broadcasts:
        return self.backend.broadcasts

    @property
    def facts(self) -> Facts:
        return self.backend.facts

    @property
    def archive(self) -> TaskArchive:
        return self.backend.archive

    @property
    def task_events(self) -> TaskEvents:
        return self.backend.task_events

    def lease(self, worker_id: str = "w1", seconds: float = LEASE) -> Lease:
        return Lease(worker_id, self.clock.now() + timedelta(seconds=seconds))

    async def added(self, **fields: Any) -> Task:
        """A new task, stored; `fields` as in TaskFactory."""
        task = self.new_task(**fields)
        assert await self.tasks.add([task]) == [None]
        return task

    async def running(self, worker_id: str = "w1", **fields: Any) -> Task:
        """A new task, stored and claimed. Nothing better may be due."""
        task = await self.added(**fields)
        [claimed] = await self.claim(worker_id=worker_id, types=frozenset({task.lane_type}))
        assert claimed.id == task.id
        return claimed

    async def ask(self, limit: int = 1, **fields: Any) -> Claimed:
        """Claim; `fields` are those of ClaimRequest that shall differ from: w1, every queue, A_TYPE, LEASE."""
        return await self.queue.claim(claim_request(limit, **fields))

    async def claim(self, limit: int = 1, **fields: Any) -> tuple[Task, ...]:
        return (await self.ask(limit, **fields)).tasks

    async def settle(self, outcome: Outcome) -> TaskState | None:
        [answer] = await self.queue.settle([outcome])
        return answer

    async def tally(self) -> Tally:
        rows = await self.tasks.counts()
        return {(row.queue, row.type, row.state): (row.tasks, row.pruned) for row in rows if row.tasks}


def claim_request(
    limit: int = 1,
    *,
    worker_id: str = "w1",
    types: frozenset[str] = frozenset({A_TYPE}),
    queues: Mapping[str, int] | None = None,
    lease: float = LEASE,
    whole_queue: str | None = None,
) -> ClaimRequest:
    return ClaimRequest(
        worker_id=worker_id, types=types, queues=queues, limit=limit, lease=lease, whole_queue=whole_queue
    )
