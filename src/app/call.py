from __future__ import annotations

from typing import Any, TypeVar, Unpack, cast, overload

from msgspec.structs import replace

from backstage.app.enqueue import answered, asked_for
from backstage.app.enqueue_options import CallOptions, EnqueueOptions
from backstage.app.enqueue_task import Enqueue, EnqueueTask
from backstage.app.result import Result
from backstage.domain.dedupe import Duplicate
from backstage.domain.limits import check_patience
from backstage.domain.task_type import TaskType

Payload = TypeVar("Payload")
Value = TypeVar("Value")


class Call:
    """Enqueue a task, wait until it has ended, and return what its handler returned.

    `timeout` is the seconds to wait, None for as long as it takes; the other options are those of `enqueue`. An
    EnqueueTask, which says everything by itself, may have a `timeout` of the handler, and a dedupe key: if that is
    held, the task that holds it is waited for. A task that is no longer waited for goes on. Raises what `enqueue` and
    `result` raise.
    """

    def __init__(self, enqueue_task: Enqueue, result: Result) -> None:
        self._enqueue_task, self._result = enqueue_task, result

    @overload
    async def __call__(
        self,
        task_type: TaskType[Payload, Value],
        payload: Payload,
        *,
        timeout: float | None = None,
        **options: Unpack[CallOptions],
    ) -> Value: ...

    @overload
    async def __call__(
        self,
        task_type: str | EnqueueTask,
        payload: Any = None,
        *,
        timeout: float | None = None,
        **options: Unpack[CallOptions],
    ) -> Any: ...

    async def __call__(
        self,
        task_type: TaskType[Any, Any] | str | EnqueueTask,
        payload: Any = None,
        *,
        timeout: float | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        check_patience(timeout)  # before anything is stored
        if isinstance(task_type, EnqueueTask):
            if payload is not None or options:
                raise TypeError("call() takes an EnqueueTask alone: it says its payload and its options itself")
            request = task_type
        else:
            request = asked_for(task_type, payload, cast(EnqueueOptions, options))
        answer = await self._enqueue_task(replace(request, is_awaited=True))
        if isinstance(answer, Duplicate):
            return await self._result(answer.holder_id, timeout=timeout)
        task = answered(task_type, answer) if isinstance(task_type, TaskType) else answer
        assert task is not None
        return await self._result(task, timeout=timeout)
