from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.api.task_ids import PathId
from backstage.api.values import Moment, PathName
from backstage.domain.explanation import ReasonKind
from backstage.domain.task_state import TaskState

explaining = APIRouter(prefix="/v1", tags=["explaining"])


class ReasonDocument(Document):
    """One sentence; the names in `details` depend on the kind."""

    kind: ReasonKind
    sentence: str
    since: Moment | None
    until: Moment | None
    details: dict[str, Any]


class EstimateDocument(Document):
    """When the task will probably be claimed."""

    earliest: Moment
    latest: Moment


class ExplanationDocument(Document):
    """Why a task is where it is."""

    task_id: str
    state: TaskState
    sentence: str
    reasons: list[ReasonDocument]
    estimate: EstimateDocument | None


class QueueExplanationDocument(Document):
    """Why a queue moves, or does not."""

    queue: str
    sentence: str
    reasons: list[ReasonDocument]
    is_moving: bool


class QueueExplanationsDocument(Document):
    queues: list[QueueExplanationDocument]


@explaining.get("/tasks/{task_id}/explain")
async def explain(asked: Asked, task_id: PathId) -> ExplanationDocument:
    """Why the task does not run yet, or what became of it: all reasons that hold."""
    return ExplanationDocument.model_validate(await asked.explain(task_id))


@explaining.get("/explain")
async def explain_queues(asked: Asked) -> QueueExplanationsDocument:
    """Why each queue moves, or does not."""
    found = [QueueExplanationDocument.model_validate(each) for each in await asked.explain_queues()]
    return QueueExplanationsDocument(queues=found)


@explaining.get("/queues/{name}/explain")
async def explain_queue(asked: Asked, name: PathName) -> QueueExplanationDocument:
    """Why the queue moves, or does not."""
    return QueueExplanationDocument.model_validate(await asked.explain_queue(name))
