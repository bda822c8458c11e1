from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from backstage.app.enqueue_parts import EnqueueParts
from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.events import TaskCreated
from backstage.domain.field_error import FieldError
from backstage.domain.task import Task


class EnqueueMany:
    """Store many tasks in one atomic step and one round trip.

    One answer per request, in order: the Task, or the Duplicate for a dedupe key that is held. All are checked
    before any is stored; InvalidTaskDataError names the first that is wrong, like `tasks[3].payload.x`. The caller
    bounds the batch: it is held in memory and written in one transaction; on Redis, which has none, more than 16 MiB
    of payloads are written in several steps.
    """

    def __init__(self, enqueue_parts: EnqueueParts) -> None:
        self._tasks, self._events, self._clock = enqueue_parts.tasks, enqueue_parts.events, enqueue_parts.clock
        self._ids, self._trace, self._encode = enqueue_parts.ids, enqueue_parts.trace, enqueue_parts.encode

    async def __call__(self, requests: Iterable[EnqueueTask], *, connection: Any = None) -> list[Task | Duplicate]:
        tasks = self._checked(requests)
        if not tasks:
            return []
        if self._trace is None:
            return await self._store(tasks, connection)
        with self._trace.sending(tasks) as traced:
            return await self._store(traced, connection)

    async def _store(self, tasks: Sequence[Task], connection: Any) -> list[Task | Duplicate]:
        duplicates = await self._tasks.add(tasks, connection=connection)
        answers = [duplicate or task for task, duplicate in zip(tasks, duplicates, strict=True)]
        if self._events.is_heard(TaskCreated.name):
            for answer in answers:
                if isinstance(answer, Task):
                    await self._events.publish(TaskCreated(task=answer, at=answer.created_at))
        return answers

    def _checked(self, requests: Iterable[EnqueueTask]) -> list[Task]:
        now, ids = self._clock.now(), self._ids
        tasks: list[Task] = []
        for request in requests:
            try:
                tasks.append(request.task(ids, now, None, self._encode))
            except InvalidTaskDataError as error:
                place = f"tasks[{len(tasks)}]"
                raise InvalidTaskDataError(
                    tuple(FieldError(f"{place}.{each.field}", each.message) for each in error.fields)
                ) from None
        return tasks
