from __future__ import annotations

from backstage.app.move_task import move_task
from backstage.domain.events import TaskCancelled
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


class CancelTask:
    """Cancel a pending or running task.

    A pending task is CANCELLED at once. A running one is returned RUNNING with its cancel requested: its worker
    stops it and then ends it. With `if_version` it is cancelled only if it has that version.
    Raises TaskNotFoundError, IllegalMoveError when it has ended already, and TaskChangedError.
    """

    def __init__(self, tasks: TaskRepository, events: EventBus, clock: Clock) -> None:
        self._tasks, self._events, self._clock = tasks, events, clock

    async def __call__(self, task_id: str, *, if_version: int | None = None) -> Task:
        task = await move_task(self._tasks, task_id, lambda stored: stored.cancel(self._clock.now()), if_version)
        if task.state is TaskState.CANCELLED and self._events.is_heard(TaskCancelled.name):
            await self._events.publish(TaskCancelled(task=task, at=self._clock.now()))
        return task
