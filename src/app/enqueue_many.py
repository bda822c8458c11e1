from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, Unpack

from backstage.app.enqueue import asked_for
from backstage.app.enqueue_options import EnqueueOptions
from backstage.app.enqueue_task import EnqueueTask
from backstage.app.enqueue_tasks import EnqueueMany
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.field_error import FieldError
from backstage.domain.task_type import TaskType
from backstage.domain.typed_task import TypedTask

Payload = TypeVar("Payload")
Result = TypeVar("Result")


class EnqueueManyOfType:
    """Store a task for each payload, all of one TaskType, in one atomic step and one round trip.

    One answer per payload, in order: the task, or the Duplicate for a dedupe key that is held. The options are those
    of `enqueue`, for all of them alike. All payloads are checked before any is stored; InvalidTaskDataError names the
    first that is wrong, like `tasks[3].payload.to`.
    """

    def __init__(self, enqueue_tasks: EnqueueMany) -> None:
        self._enqueue_tasks = enqueue_tasks

    async def __call__(
        self,
        task_type: TaskType[Payload, Result],
        payloads: Iterable[Payload],
        *,
        connection: Any = None,
        **options: Unpack[EnqueueOptions],
    ) -> list[TypedTask[Result] | Duplicate]:
        requests = [_asked_for(place, task_type, payload, options) for place, payload in enumerate(payloads)]
        answers = await self._enqueue_tasks(requests, connection=connection)
        return [each if isinstance(each, Duplicate) else TypedTask.of(each, task_type) for each in answers]


def _asked_for(place: int, task_type: TaskType[Any, Any], payload: Any, options: EnqueueOptions) -> EnqueueTask:
    try:
        return asked_for(task_type, payload, options)
    except InvalidTaskDataError as error:  # of a payload that does not tell its key
        fields = (FieldError(f"tasks[{place}].{each.field}", each.message) for each in error.fields)
        raise InvalidTaskDataError(tuple(fields)) from error
