from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.api.requests import DeadLetterFilter, NewBroadcast, NewSubscription
from backstage.api.values import NAME, Moment
from backstage.domain.limits import MAX_NAME_LENGTH
from backstage.domain.subscription import MAX_SUBSCRIPTION_NAME_LENGTH
from backstage.domain.worker_info import WorkerInfo

fleet = APIRouter(prefix="/v1", tags=["fleet"])
_LONGEST_AGO = 86_400.0
_SubscriptionName = Annotated[str, Path(pattern=NAME, max_length=MAX_SUBSCRIPTION_NAME_LENGTH)]


class WorkerDocument(Document):
    """A worker that was alive lately."""

    id: str
    host: str
    pid: int
    state: str
    """`running`, `stopping`, or `lost`: it misses its beats."""
    started_at: Moment
    seen_at: Moment
    silent_for: float
    concurrency: int
    queues: list[str]
    """Empty: all."""
    types: list[str]
    """`*` among them: all."""
    running: list[str]
    """Ids of the tasks that it runs."""
    lease: float | None
    release: str | None


class WorkersDocument(Document):
    workers: list[WorkerDocument]


class SubscriptionDocument(Document):
    name: str
    events: list[str]
    types: list[str]
    queues: list[str]
    every_attempt: bool


class SubscriptionsDocument(Document):
    subscriptions: list[SubscriptionDocument]


class BroadcastDocument(Document):
    id: str
    name: str
    sent_at: Moment


class NumberDocument(Document):
    """How many tasks it were."""

    tasks: int


@fleet.get("/workers")
async def list_workers(
    asked: Asked, seen_within: Annotated[float, Query(ge=0.0, le=_LONGEST_AGO)] = 60.0
) -> WorkersDocument:
    """The workers that were alive in the last `seen_within` seconds."""
    return WorkersDocument(workers=[worker_document(each) for each in await asked.list_workers(seen_within)])


@fleet.get("/subscriptions")
async def list_subscriptions(asked: Asked) -> SubscriptionsDocument:
    """The durable listeners."""
    known = await asked.list_subscriptions()
    return SubscriptionsDocument(subscriptions=[SubscriptionDocument.model_validate(each) for each in known])


@fleet.put("/subscriptions/{name}")
async def put_subscription(asked: Asked, name: _SubscriptionName, body: NewSubscription) -> SubscriptionDocument:
    """Create the durable listener of that name, or replace it."""
    return SubscriptionDocument.model_validate(await asked.subscribe(name, **dict(body)))


@fleet.delete("/subscriptions/{name}")
async def delete_subscription(asked: Asked, name: _SubscriptionName) -> NumberDocument:
    """Remove the durable listener and cancel its waiting deliveries."""
    return NumberDocument(tasks=await asked.unsubscribe(name))


@fleet.post("/broadcasts", status_code=201)
async def send_broadcast(asked: Asked, body: NewBroadcast) -> BroadcastDocument:
    """Send a message to every live worker."""
    return BroadcastDocument.model_validate(await asked.send_broadcast(body.name, body.payload, id=body.id))


@fleet.post("/dead-letters/replay")
async def replay_dead_letters(asked: Asked, body: DeadLetterFilter) -> NumberDocument:
    """Run failed tasks again now, with as many attempts as new ones."""
    return NumberDocument(tasks=await asked.replay_dead_letters(body.queue, body.type))


@fleet.post("/dead-letters/purge")
async def purge_dead_letters(
    asked: Asked, queue: Annotated[str | None, Query(pattern=NAME, max_length=MAX_NAME_LENGTH)] = None
) -> NumberDocument:
    """Delete all failed tasks, of one queue or of all."""
    return NumberDocument(tasks=await asked.purge_dead_letters(queue))


def worker_document(worker: WorkerInfo) -> WorkerDocument:
    state = "lost" if worker.is_lost else "stopping" if worker.is_stopping else "running"
    names = [name for name in WorkerDocument.model_fields if name != "state"]
    return WorkerDocument.model_validate({**{name: getattr(worker, name) for name in names}, "state": state})
