from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.api.event_stream import EVENTS, event, event_stream
from backstage.api.task_ids import PathId
from backstage.api.values import Moment
from backstage.app.guarded_use_cases import GuardedUseCases

following = APIRouter(prefix="/v1/tasks", tags=["tasks"])
_Number = Annotated[int | None, Query(ge=0, le=2**53)]
_LastSeen = Annotated[
    int | None, Header(alias="Last-Event-ID", ge=0, le=2**53, description="The number of the last event that was seen.")
]


class LogLineDocument(Document):
    """A line that the task's handler has logged."""

    at: Moment
    level: str
    event: str
    fields: dict[str, Any]
    attempt: int


class LogsDocument(Document):
    """Oldest first."""

    lines: list[LogLineDocument]


@following.get(
    "/{task_id}/events",
    response_class=StreamingResponse,
    responses=EVENTS,
)
async def follow_task(
    asked: Asked, request: Request, task_id: PathId, after: _Number = None, last_event_id: _LastSeen = None
) -> StreamingResponse:
    """What happens to the task, as server-sent events, until it has ended.

    The events are `state`, `progress`, `chunk`, `log`, `restarted` and `dropped`, and `end` is the last one. A reader
    that was cut off goes on after `Last-Event-ID`, which browsers send by themselves.
    """
    await asked.get_task(task_id)
    seen = last_event_id if last_event_id is not None else after or 0
    return event_stream(_told(asked, task_id, seen), request, asked)


@following.get("/{task_id}/logs")
async def get_logs(asked: Asked, task_id: PathId) -> LogsDocument:
    """What the task's handler has logged, as far as it is kept."""
    await asked.get_task(task_id)
    return LogsDocument(lines=[LogLineDocument.model_validate(line) for line in await asked.get_logs(task_id)])


async def _told(asked: GuardedUseCases, task_id: str, after: int) -> AsyncGenerator[str, None]:
    async for each in asked.follow(task_id, after=after):
        data = {"at": each.at, "attempt": each.attempt, "data": each.data}
        yield event(each.kind, to_json(data).decode(), each.number)
    yield event("end", "{}")
