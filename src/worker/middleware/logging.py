from __future__ import annotations

from typing import Any

from backstage.worker import log_events
from backstage.worker.handling.context import TaskContext
from backstage.worker.handling.middleware import Run


def logging(run: Run) -> Run:
    """Say that a task starts. How it ended is logged once the store has accepted it.

    Composed in only where debug lines are wanted: a filtered line still costs its bound logger.
    """

    async def logged(context: TaskContext) -> Any:
        context.logger.debug(log_events.TASK_STARTED)
        return await run(context)

    return logged
