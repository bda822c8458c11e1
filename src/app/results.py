from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, TypeVar, overload

from backstage.app.result import Result
from backstage.domain.task import Task
from backstage.domain.typed_task import TypedTask

Value = TypeVar("Value")


class Results:
    """Wait until all tasks have ended, and return what their handlers returned, in the order of the tasks.

    `timeout` is seconds for all of them together. As soon as one has failed or was cancelled, its error is raised and
    nothing more is waited for; the tasks go on. `as_completed` tells how each has ended. Raises what `result` raises.
    """

    def __init__(self, result: Result) -> None:
        self._result = result

    @overload
    async def __call__(self, tasks: Iterable[TypedTask[Value]], *, timeout: float | None = None) -> list[Value]: ...

    @overload
    async def __call__(self, tasks: Iterable[Task | str], *, timeout: float | None = None) -> list[Any]: ...

    async def __call__(self, tasks: Iterable[Task | str], *, timeout: float | None = None) -> list[Any]:
        waiting = [asyncio.ensure_future(self._result(task, timeout=timeout)) for task in tasks]
        try:
            return await asyncio.gather(*waiting)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
