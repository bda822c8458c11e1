"""A module of handlers as a user has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backstage import Next, TaskContext, handler, listener
from backstage.domain.events import TaskCompleted
from backstage.worker.handling.handler import middleware

heard: list[str] = []
wrapped: list[str] = []


@dataclass
class Order:
    id: int
    lines: list[str]


@handler("order:place", max_attempts=2)
async def place(order: Order, context: TaskContext) -> Next:
    return Next("order:confirm", {"id": order.id, "to": "ada@example.com"}, result=len(order.lines))


@handler("order:confirm")
def confirm(payload: dict[str, Any]) -> str:
    return f"confirmed {payload['id']}"


@listener("worker-task:completed")
def completed(event: TaskCompleted) -> None:
    heard.append(event.task.type)


@middleware
def noting(run: Any) -> Any:
    async def noted(context: TaskContext) -> Any:
        wrapped.append(context.task.type)
        return await run(context)

    return noted
