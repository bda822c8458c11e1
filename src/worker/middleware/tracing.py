from __future__ import annotations

from typing import Any

from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.current_task import current_task
from backstage.worker.handling.middleware import Run


def tracing(run: Run) -> Run:
    """Make the task known to whatever its handler calls."""

    def traced(context: TaskContext) -> Any:
        current_task.set(context.task)  # each run has its own asyncio.Task, so there is nothing to reset
        return run(context)

    return traced
