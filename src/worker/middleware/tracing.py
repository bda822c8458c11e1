from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from backstage.domain.task import Task
from backstage.worker.context import TaskContext
from backstage.worker.middleware.middleware import Run

current_task: ContextVar[Task | None] = ContextVar("backstage_current_task", default=None)
"""The task whose handler runs here; what it enqueues carries its correlation id on."""


def tracing(run: Run) -> Run:
    """Make the task known to whatever its handler calls."""

    def traced(context: TaskContext) -> Any:
        current_task.set(context.task)  # each run has its own asyncio.Task, so there is nothing to reset
        return run(context)

    return traced
