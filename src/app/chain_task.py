from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.next import Next
from backstage.domain.payload import encode_payload
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_trace import TaskTrace
from backstage.domain.task import Task


def chain_task(
    parent: Task,
    following: Next,
    ids: Ids,
    clock: Clock,
    trace: TaskTrace | None = None,
    encode: Callable[[Any], str] = encode_payload,
) -> Task:
    """Return the task that follows `parent` in its workflow; the caller stores it with the parent's completion.

    Raises InvalidTaskDataError naming the first field that breaks a limit.
    """
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
    )
    task = request.task(ids, clock.now(), parent, encode)
    return task if trace is None else trace.chained(task)
