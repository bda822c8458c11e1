from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable

from backstage.app.result import Result
from backstage.domain.task import Task
from backstage.domain.task_end import TaskEnd


class AsCompleted:
    """Tell of each task as soon as it has ended, whichever is first, how it has: `end.task_id`, `end.state`,
    `end.result` and `end.failure`.

    `timeout` is seconds for all of them together; TimeoutError then says that some go on. Raises TaskNotFoundError for
    a task that is not stored.
    """

    def __init__(self, result: Result) -> None:
        self._result = result

    async def __call__(
        self, tasks: Iterable[Task | str], *, timeout: float | None = None
    ) -> AsyncGenerator[TaskEnd, None]:
        waiting = [asyncio.ensure_future(self._result.end(task, timeout)) for task in tasks]
        try:
            for next_end in asyncio.as_completed(waiting):
                yield await next_end
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
