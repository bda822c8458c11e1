from __future__ import annotations

import asyncio

from backstage.domain.errors import DuplicateTaskError, StaleTaskError, TaskNotFoundError
from backstage.domain.events import TaskRetried
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.event_bus import EventBus
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

_PAGE = 100


class ReplayDeadLetters:
    """Run failed tasks again now, with as many attempts as new tasks; return how many.

    Of one queue, of one type, or all. Those that fail again meanwhile are not replayed twice. Passed over: a task
    that cannot be decoded, one that somebody else retries or deletes at the same time, and one whose dedupe key another
    live task holds.
    """

    def __init__(self, tasks: TaskRepository, events: EventBus, clock: Clock) -> None:
        self._tasks, self._events, self._clock = tasks, events, clock

    async def __call__(self, queue: str | None = None, type: str | None = None) -> int:
        replayed, after = 0, None
        while True:
            dead = TaskQuery(states=frozenset({TaskState.FAILED}), queue=queue, type=type, limit=_PAGE, after=after)
            page = await self._tasks.find(dead)
            # Side by side, so that a store that groups waiting writes needs one transaction for the page.
            answers = await asyncio.gather(*map(self._replay, page.tasks), return_exceptions=True)
            replayed += sum(answer is True for answer in answers)
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
            if page.next_after is None:
                return replayed
            after = page.next_after

    async def _replay(self, task: Task) -> bool:
        if task.undecodable is not None:
            return False
        now = self._clock.now()
        retried = task.retry_afresh(now)
        try:
            await self._tasks.save(retried)
        except (StaleTaskError, TaskNotFoundError, DuplicateTaskError):
            return False
        if self._events.is_heard(TaskRetried.name):
            await self._events.publish(TaskRetried(task=retried, at=now))
        return True
