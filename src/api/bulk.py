from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from backstage.api.admission import Asked
from backstage.api.documents import Document, TaskDocument
from backstage.api.requests import NewBulk, NewRate
from backstage.api.values import TEXT, Moment
from backstage.domain.bulk_action import BulkKind
from backstage.domain.bulk_operation import BulkOperation, BulkState

bulk = APIRouter(prefix="/v1/bulk", tags=["bulk"])
_Id = Annotated[str, Path(min_length=1, max_length=128, pattern=TEXT)]


class BulkActionDocument(Document):
    kind: BulkKind
    priority: int | None
    queue: str | None


class BulkPlanDocument(Document):
    """What an operation would do; nothing is changed yet."""

    digest: str
    """Starts the operation, within an hour."""
    action: BulkActionDocument
    query: str
    count: int
    is_exact: bool
    sample: list[TaskDocument]
    oldest: Moment | None


class BulkOperationDocument(Document):
    """`done` tasks were changed so far and `failed` could not be, of about `total`."""

    id: str
    action: BulkActionDocument
    query: str
    state: BulkState
    total: int
    done: int
    failed: int
    problem: str
    planned_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    started_by: str
    rate: float


class BulkOperationsDocument(Document):
    """Those that run and those that ended lately, newest first."""

    operations: list[BulkOperationDocument]


@bulk.post("", status_code=201)
async def plan_bulk(asked: Asked, body: NewBulk) -> BulkPlanDocument:
    """Say what an action on all tasks of a query would do."""
    plan = await asked.plan_bulk(body.action(), body.query)
    return BulkPlanDocument(
        digest=plan.digest,
        action=BulkActionDocument.model_validate(plan.action),
        query=plan.query,
        count=plan.count,
        is_exact=plan.is_exact,
        sample=[TaskDocument.of(task) for task in plan.sample],
        oldest=plan.oldest,
    )


@bulk.get("")
async def list_bulk(asked: Asked) -> BulkOperationsDocument:
    return BulkOperationsDocument(operations=[_shown(each) for each in await asked.list_bulk()])


@bulk.get("/{operation_id}")
async def get_bulk(asked: Asked, operation_id: _Id) -> BulkOperationDocument:
    return _shown(await asked.get_bulk(operation_id))


@bulk.post("/{operation_id}/apply")
async def start_bulk(asked: Asked, operation_id: _Id, body: NewRate | None = None) -> BulkOperationDocument:
    """Start what was planned. A worker does it; starting it again changes nothing."""
    rate: dict[str, Any] = {} if body is None or body.rate is None else {"rate": body.rate}
    return _shown(await asked.start_bulk(operation_id, started_by=asked.identity.name, **rate))


@bulk.post("/{operation_id}/stop")
async def stop_bulk(asked: Asked, operation_id: _Id) -> BulkOperationDocument:
    """Stop it after its current step. What it has changed stays changed."""
    return _shown(await asked.stop_bulk(operation_id))


def _shown(operation: BulkOperation) -> BulkOperationDocument:
    return BulkOperationDocument.model_validate(operation)
