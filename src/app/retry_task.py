from __future__ import annotations

from backstage.app.move_task import move_task
from backstage.domain.events import TaskRetried
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task


class RetryTask:
    """Put a failed or cancelled task back into its queue, due now.

    It may run once more, or with `reset_attempts` as often as a new task. With `if_version` it is put back only if it
    has that version. Raises TaskNotFoundError, IllegalMoveError in any other state, DuplicateTaskError when another
    live task holds its dedupe key, and TaskChangedError.
    """

    def __init__(self, tasks: TaskRepository, events: EventBus, clock: Clock) -> None:
        self._tasks, self._events, self._clock = tasks, events, clock

    async def __call__(self, task_id: str, *, reset_attempts: bool = False, if_version: int | None = None) -> Task:
        move = Task.retry_afresh if reset_attempts else Task.retry
        task = await move_task(self._tasks, task_id, lambda stored: move(stored, self._clock.now()), if_version)
        if self._events.is_heard(TaskRetried.name):
            await self._events.publish(TaskRetried(task=task, at=task.scheduled_at))
        return task
