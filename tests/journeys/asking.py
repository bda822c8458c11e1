"""Questions to the store, as a user of it asks them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container


async def enqueue(backstage: Container, task_type: str, payload: Any = None, **options: Any) -> Task:
    task = await backstage.enqueue_task(EnqueueTask(type=task_type, payload=payload or {}, **options))
    assert isinstance(task, Task)
    return task


def state_is(backstage: Container, task: Task, state: TaskState) -> Callable[[], Awaitable[bool]]:
    """Whether the task is in that state, each time it is asked."""

    async def ask() -> bool:
        return (await backstage.get_task(task.id)).state is state

    return ask


def result_of(task: Task) -> Any:
    assert task.result_json is not None
    return json.loads(task.result_json)
