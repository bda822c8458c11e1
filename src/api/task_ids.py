"""The task that a path names, and the version of it that the request has seen."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.domain.errors import TaskChangedError

task_ids = APIRouter(prefix="/v1/task-ids", tags=["tasks"])
_PART = r"^[0-9a-f-]{8,36}$"
_Text = Annotated[
    str, Path(pattern=_PART, description="The id of the task, or its first or last characters: eight, or more.")
]
_IfMatch = Annotated[
    str | None, Header(description="The version that the task must still have, as its ETag says: 412 if it has not.")
]


async def task_id_of(asked: Asked, task_id: _Text) -> str:
    """Raises TaskNotFoundError and AmbiguousIdError, for a part of an id alone."""
    return await asked.find_task_id(task_id)


PathId = Annotated[str, Depends(task_id_of)]
"""Annotates the parameter `task_id` of a route that gets the whole id."""


async def version_of(asked: Asked, task_id: PathId, if_match: _IfMatch = None) -> int | None:
    """Return the version that a change must find, None: any. Raises TaskChangedError.

    What is read here only tells which of the header's versions it can be; the store compares it in the step itself.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    version = (await asked.get_task(task_id)).version
    if f'"{version}"' not in [tag.strip() for tag in if_match.split(",")]:
        raise TaskChangedError(task_id)
    return version


IfVersion = Annotated[int | None, Depends(version_of)]
"""Annotates the parameter of a route that changes a task only as it was looked at."""


class TaskIdDocument(Document):
    task_id: str


@task_ids.get("/{task_id}")
async def find_task_id(task_id: PathId) -> TaskIdDocument:
    """The whole id of the task whose id begins or ends so. A whole id is given back, whether a task has it or not."""
    return TaskIdDocument(task_id=task_id)
