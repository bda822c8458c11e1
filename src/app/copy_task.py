from __future__ import annotations

from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import IllegalMoveError, UndecodableTaskError
from backstage.domain.events import TaskCreated
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task
from backstage.domain.task_state import FINAL_STATES


class CopyTask:
    """Enqueue a finished task again as a new one, due now, that names the old one as its origin.

    The copy keeps payload, queue, priority, limits, dedupe key, metadata, tags, key, correlation and workflow. Returns
    it, or the Duplicate when its dedupe key is held. Raises TaskNotFoundError, and
    IllegalMoveError for a task that has not ended.
    """

    def __init__(self, tasks: TaskRepository, events: EventBus, clock: Clock, ids: Ids) -> None:
        self._tasks, self._events, self._clock, self._ids = tasks, events, clock, ids

    async def __call__(self, task_id: str) -> Task | Duplicate:
        original = await self._tasks.get(task_id)
        if original.undecodable is not None:
            raise UndecodableTaskError(original.id, str(original.last_failure))
        if original.state not in FINAL_STATES:
            raise IllegalMoveError(original.id, original.state, "the origin of a copy before it has ended")
        copy = self._copy(original)
        [duplicate] = await self._tasks.add((copy,))
        if duplicate is not None:
            return duplicate
        if self._events.is_heard(TaskCreated.name):
            await self._events.publish(TaskCreated(task=copy, at=copy.created_at))
        return copy

    def _copy(self, original: Task) -> Task:
        now = self._clock.now()
        return Task(
            id=self._ids.new(),
            type=original.type,
            payload_version=original.payload_version,
            payload_json=original.payload_json,
            queue=original.queue,
            priority=original.priority,
            created_at=now,
            scheduled_at=now,
            max_attempts=original.max_attempts,
            backoff=original.backoff,
            timeout=original.timeout,
            soft_timeout=original.soft_timeout,
            max_deliveries=original.max_deliveries,
            dedupe=original.dedupe,
            correlation_id=original.correlation_id,
            workflow_id=original.workflow_id,
            origin_id=original.id,
            metadata=original.metadata,
            tags=original.tags,
            key=original.key,
        )
