from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from backstage.api.admission import Asked
from backstage.api.documents import Document
from backstage.api.requests import DeadLetterFilter, NewBroadcast, NewSubscription
from backstage.api.values import NAME, Moment
from backstage.domain.limits import MAX_NAME_LENGTH
from backstage.domain.subscription import MAX_SUBSCRIPTION_NAME_LENGTH

fleet = APIRouter(prefix="/v1", tags=["fleet"])
_SubscriptionName = Annotated[str, Path(pattern=NAME, max_length=MAX_SUBSCRIPTION_NAME_LENGTH)]


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
