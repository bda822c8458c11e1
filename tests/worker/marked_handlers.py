"""A module of handlers as a user writes one."""

from __future__ import annotations

from typing import Any

from backstage import TaskContext, TaskHandlerRegistration, handler, listener
from backstage.domain.events import TaskCompleted
from backstage.worker.handling.handler import middleware

heard: list[str] = []
wrapped: list[str] = []


@handler("marked:function", timeout=7, max_attempts=2)
async def function(payload: dict[str, int]) -> int:
    return payload["n"] + 1


def plain(payload: Any) -> str:
    return "plain"


registration = TaskHandlerRegistration(type="marked:registration", handler=plain)


@listener("worker-task:completed")
def completed(event: TaskCompleted) -> None:
    heard.append(event.task.type)


@middleware
def noting(run: Any) -> Any:
    async def noted(context: TaskContext) -> Any:
        wrapped.append(context.task.type)
        return await run(context)

    return noted
