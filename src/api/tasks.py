from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from backstage.api.admission import Asked
from backstage.api.documents import (
    AttemptDocument,
    Document,
    EnqueuedDocument,
    TaskDocument,
    TaskPageDocument,
)
from backstage.api.idempotency import check_same_task
from backstage.api.requests import Amendment, NewTask, NewTasks, RetryBody
from backstage.api.task_ids import IfVersion, PathId
from backstage.api.values import ID, NAME, Moment
from backstage.domain.dedupe import Duplicate
from backstage.domain.errors import DuplicateTaskError
from backstage.domain.limits import MAX_NAME_LENGTH, MAX_TAG_LENGTH, MAX_TASK_KEY_LENGTH
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

MOST_OF_A_PAGE = 200
_QueryName = Annotated[str | None, Query(pattern=NAME, max_length=MAX_NAME_LENGTH)]
_QueryKey = Annotated[str | None, Query(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]
_IdempotencyKey = Annotated[
    str | None,
    Header(pattern=ID, description="The id of the new task, a UUID: the same request again stores nothing more."),
]
tasks = APIRouter(prefix="/v1/tasks", tags=["tasks"])


class AttemptsDocument(Document):
    """Oldest first."""

    attempts: list[AttemptDocument]


class EndedTasksDocument(Document):
    tasks: list[TaskDocument]


class EnqueuedTasksDocument(Document):
    """One answer for each task, in order."""

    tasks: list[EnqueuedDocument]


@tasks.get("")
async def list_tasks(
    asked: Asked,
    state: Annotated[list[TaskState] | None, Query()] = None,
    queue: _QueryName = None,
    type: _QueryName = None,
    tag: Annotated[str | None, Query(min_length=1, max_length=MAX_TAG_LENGTH, pattern=r"^[^\x00]*$")] = None,
    key: Annotated[str | None, Query(min_length=1, max_length=MAX_TASK_KEY_LENGTH, pattern=r"^[^\x00]*$")] = None,
    workflow_id: _QueryKey = None,
    correlation_id: _QueryKey = None,
    limit: Annotated[int, Query(ge=1, le=MOST_OF_A_PAGE)] = 50,
    after: Annotated[str | None, Query(pattern=ID)] = None,
) -> TaskPageDocument:
    """One page of the tasks that meet all given conditions, newest first."""
    query = TaskQuery(
        states=frozenset(state or ()),
        queue=queue,
        type=type,
        tag=tag,
        key=key,
        workflow_id=workflow_id,
        correlation_id=correlation_id,
        limit=limit,
        after=after,
    )
    page = await asked.find_tasks(query)
    return TaskPageDocument(tasks=[TaskDocument.of(task) for task in page.tasks], next_after=page.next_after)


@tasks.post("", status_code=201)
async def enqueue_task(
    asked: Asked, request: Request, body: NewTask, response: Response, idempotency_key: _IdempotencyKey = None
) -> TaskDocument:
    """Enqueue one task. A dedupe key that is held is a conflict.

    With `Idempotency-Key` the answer to a repeated request is the task as it is now. Another task under the same key
    is refused.
    """
    answer = await asked.enqueue_task(body.request(idempotency_key))
    if isinstance(answer, Duplicate):
        raise DuplicateTaskError(answer.key, answer.holder_id)
    if idempotency_key is None:
        return _shown(answer, response)
    await check_same_task(request, body, idempotency_key)
    return _shown(await asked.get_task(idempotency_key), response)


@tasks.post("/batch", status_code=201)
async def enqueue_tasks(asked: Asked, body: NewTasks) -> EnqueuedTasksDocument:
    """Enqueue many tasks in one atomic step."""
    answers = await asked.enqueue_tasks([each.request() for each in body.tasks])
    return EnqueuedTasksDocument(tasks=[EnqueuedDocument.of(answer) for answer in answers])


@tasks.get("/ended")
async def list_ended(
    asked: Asked, since: Moment, limit: Annotated[int, Query(ge=1, le=MOST_OF_A_PAGE)] = 50
) -> EndedTasksDocument:
    """The tasks that ended at a moment or later, those that ended first before others.

    To go on, ask with the `finished_at` of the last one: it is told again.
    """
    return EndedTasksDocument(tasks=[TaskDocument.of(task) for task in await asked.list_ended(since, limit)])


@tasks.get("/{task_id}")
async def get_task(asked: Asked, task_id: PathId, response: Response) -> TaskDocument:
    """One task as it is now. Its version is the `ETag`."""
    return _shown(await asked.get_task(task_id), response)


@tasks.patch("/{task_id}")
async def amend_task(
    asked: Asked, task_id: PathId, body: Amendment, response: Response, if_version: IfVersion
) -> TaskDocument:
    """Give a pending task another priority, or move it to another queue."""
    if body.queue is None:
        assert body.priority is not None
        return _shown(await asked.change_priority(task_id, body.priority, if_version=if_version), response)
    moved = await asked.move_to_queue(task_id, body.queue, priority=body.priority, if_version=if_version)
    return _shown(moved, response)


@tasks.delete("/{task_id}", status_code=204)
async def delete_task(asked: Asked, task_id: PathId, if_version: IfVersion) -> None:
    """Delete a task that has ended."""
    await asked.delete_task(task_id, if_version=if_version)


@tasks.get("/{task_id}/attempts")
async def get_attempts(asked: Asked, task_id: PathId) -> AttemptsDocument:
    """The records of the task's attempts."""
    await asked.get_task(task_id)
    return AttemptsDocument(attempts=[AttemptDocument.of(each) for each in await asked.get_attempts(task_id)])


@tasks.post("/{task_id}/cancel")
async def cancel_task(asked: Asked, task_id: PathId, response: Response, if_version: IfVersion) -> TaskDocument:
    """Cancel a pending or running task. A running one is answered while its worker stops it."""
    return _shown(await asked.cancel_task(task_id, if_version=if_version), response)


@tasks.post("/{task_id}/retry")
async def retry_task(
    asked: Asked, task_id: PathId, response: Response, if_version: IfVersion, body: RetryBody | None = None
) -> TaskDocument:
    """Put a failed or cancelled task back into its queue, due now."""
    reset_attempts = body is not None and body.reset_attempts
    return _shown(await asked.retry_task(task_id, reset_attempts=reset_attempts, if_version=if_version), response)


@tasks.post("/{task_id}/copy", status_code=201)
async def copy_task(asked: Asked, task_id: PathId, response: Response) -> TaskDocument:
    """Enqueue a task that has ended again as a new one, due now."""
    answer = await asked.copy_task(task_id)
    if isinstance(answer, Duplicate):
        raise DuplicateTaskError(answer.key, answer.holder_id)
    return _shown(answer, response)


def _shown(task: Task, response: Response) -> TaskDocument:
    response.headers["ETag"] = f'"{task.version}"'
    return TaskDocument.of(task)
