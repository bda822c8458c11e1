"""The call by which most tasks are enqueued: a type, a payload, and what else is said of it by name."""

from __future__ import annotations

from typing import Any, TypeVar, Unpack, overload

from backstage.app.current_task import current_task
from backstage.app.enqueue_options import EnqueueOptions, OptionsBesideDedupe
from backstage.app.enqueue_task import Enqueue, EnqueueTask
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.task import Task
from backstage.domain.task_type import TaskType
from backstage.domain.typed_payload import TypedPayload
from backstage.domain.typed_task import TypedTask

Payload = TypeVar("Payload")
Result = TypeVar("Result")


class EnqueueByType:
    """Store one task and return it, or None if its dedupe key is held.

    The type is a TaskType, which checks the payload, or a name. Inside a handler the correlation id is carried on.
    `connection` is the caller's own database connection: the task exists if its transaction commits. Raises
    InvalidTaskDataError, and then nothing is stored. EnqueueTask says what each option means; `enqueue_task` also says
    who holds the key.
    """

    def __init__(self, enqueue_task: Enqueue) -> None:
        self._enqueue_task = enqueue_task

    @overload
    async def __call__(
        self,
        task_type: TaskType[Payload, Result],
        payload: Payload,
        *,
        dedupe: Dedupe | str | None,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> TypedTask[Result] | None: ...

    @overload
    async def __call__(
        self,
        task_type: TaskType[Payload, Result],
        payload: Payload,
        *,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> TypedTask[Result]: ...

    @overload
    async def __call__(
        self,
        task_type: str,
        payload: Any = None,
        *,
        dedupe: Dedupe | str | None,
        connection: Any = None,
        **options: Unpack[OptionsBesideDedupe],
    ) -> Task | None: ...

    @overload
    async def __call__(
        self, task_type: str, payload: Any = None, *, connection: Any = None, **options: Unpack[OptionsBesideDedupe]
    ) -> Task: ...

    async def __call__(
        self,
        task_type: str | TaskType[Any, Any],
        payload: Any = None,
        *,
        connection: Any = None,
        **options: Unpack[EnqueueOptions],
    ) -> Task | None:
        request = asked_for(task_type, payload, options)
        return answered(task_type, await self._enqueue_task(request, connection=connection))


def asked_for(task_type: str | TaskType[Any, Any], payload: Any, options: EnqueueOptions) -> EnqueueTask:
    """The request that the call makes. Raises TypeError for an option that there is not."""
    running = current_task.get()
    if not options.get("correlation_id") and (running is not None or "correlation_id" in options):  # "": no header came
        options = {**options, "correlation_id": None if running is None else running.correlation_id}
    if isinstance(task_type, TaskType):
        options = {**task_type.options_of(payload), **options}  # type: ignore[typeddict-item]
        payload, task_type = TypedPayload(task_type, payload), task_type.name
    try:
        return EnqueueTask(task_type, payload, **options)
    except TypeError:
        _refuse_unknown(options)
        raise


def answered(task_type: str | TaskType[Any, Any], answer: Task | Duplicate) -> Task | None:
    """What the call returns of what the store answered: None for a key that is held."""
    if isinstance(answer, Duplicate):
        return None
    return TypedTask.of(answer, task_type) if isinstance(task_type, TaskType) else answer


def _refuse_unknown(options: EnqueueOptions) -> None:
    """Name the call that was made, and not the class that the options were passed on to."""
    for name in options:
        if name not in EnqueueOptions.__optional_keys__:
            raise TypeError(f"enqueue() got an unexpected keyword argument {name!r}") from None
