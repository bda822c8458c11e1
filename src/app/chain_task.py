from __future__ import annotations

from backstage.app.enqueue_parts import EnqueueParts
from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.next import Next
from backstage.domain.task import Task


class ChainTask:
    """Return the task that follows `parent` in its workflow; the caller stores it with the parent's completion.

    Raises InvalidTaskDataError naming the first field that breaks a limit.
    """

    def __init__(self, enqueue_parts: EnqueueParts) -> None:
        self._enqueue_parts = enqueue_parts

    def __call__(self, parent: Task, following: Next) -> Task:
        new = self._enqueue_parts
        request = EnqueueTask(
            following.type,
            following.payload,
            queue=parent.queue if following.queue is None else following.queue,
            priority=parent.priority if following.priority is None else following.priority,
            delay=following.delay,
            max_attempts=following.max_attempts,
            timeout=following.timeout,
            max_deliveries=following.max_deliveries,
            id=following.id,
            dedupe=following.dedupe,
            tags=following.tags,
            key=following.key,
            payload_version=following.payload_version,
        )
        task = request.task(new.ids, new.clock.now(), parent, new.encode)
        return task if new.trace is None else new.trace.chained(task)
