from __future__ import annotations

import asyncio
import warnings
from typing import Any, TypeVar, overload

from backstage.app.current_task import current_task
from backstage.app.waiting_room import WaitingRoom
from backstage.domain.limits import check_patience
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_events import TaskEvents
from backstage.domain.task import Task
from backstage.domain.task_end import TaskEnd
from backstage.domain.typed_result import ReadResult
from backstage.domain.typed_task import TypedTask

Value = TypeVar("Value")


class Result:
    """Wait until the task has ended, and return what its handler returned: by the type that its TaskType names, else as
    plain JSON values.

    Waits over retries, for `timeout` seconds or, without one, as long as it takes. A waiter holds nothing: if it goes
    away, the task goes on. Raises TaskFailedError with what the handler failed with, TaskCancelledError,
    ResultGoneError for a result that was kept for a time only, TimeoutError, and TaskNotFoundError for a task that is
    not stored, or no more.
    """

    def __init__(self, task_events: TaskEvents, clock: Clock, read_result: ReadResult) -> None:
        self._room = WaitingRoom(task_events)
        self._clock, self._read_result = clock, read_result

    @overload
    async def __call__(self, task: TypedTask[Value], *, timeout: float | None = None) -> Value: ...

    @overload
    async def __call__(self, task: Task | str, *, timeout: float | None = None) -> Any: ...

    async def __call__(self, task: Task | str, *, timeout: float | None = None) -> Any:
        return self.value_of(task, await self.end(task, timeout))

    async def end(self, task: Task | str, timeout: float | None = None) -> TaskEnd:
        """How the task has ended, once it has. Raises TimeoutError and TaskNotFoundError."""
        _warn_inside_a_handler()
        check_patience(timeout)
        task_id = id_of(task)
        try:
            async with asyncio.timeout(timeout):
                return TaskEnd.of(task_id, await self._room.ended(task_id))
        except TimeoutError:
            raise TimeoutError(f"task {task_id} has not ended within {timeout:g} s: it goes on") from None

    def value_of(self, task: Task | str, end: TaskEnd) -> Any:
        """The result, by its type where the task knows it. Raises what tells why there is none."""
        text = end.stored_result()
        task_type = task.task_type if isinstance(task, TypedTask) else None
        if text is None:
            return None
        return end.result if task_type is None else self._read_result(task_type.result_type, text)


def id_of(task: Task | str) -> str:
    """Raises TypeError for what is neither a task nor an id: for None, too, the answer for a key that is held."""
    if isinstance(task, Task):
        return task.id
    if isinstance(task, str):
        return task
    raise TypeError(f"a task or its id is needed, not {task!r}")


def _warn_inside_a_handler() -> None:
    running = current_task.get()
    if running is not None:
        warnings.warn(
            f"the handler of {running.type!r} waits for another task and holds its slot meanwhile: when all slots "
            "wait, nothing runs that they wait for. Return Next to go on in a task of its own",
            RuntimeWarning,
            stacklevel=4,
        )
