"""A delivery: the task that carries one event to one subscription."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from backstage.domain.ended_event import ENDED_EVENT_NAMES, ended_event
from backstage.domain.event_document import event_document
from backstage.domain.events import TaskEvent
from backstage.domain.outcome import Outcome
from backstage.domain.subscription import DELIVERY_QUEUE, DELIVERY_TYPE, Subscription
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.domain.uuid8 import uuid8

EVENT, EVENT_ID = "event", "event_id"
"""Keys in the metadata of a delivery."""


def deliveries_of(
    task: Task, outcome: Outcome, subscriptions: Iterable[Subscription], now: datetime
) -> tuple[Task, ...]:
    """The deliveries to store in the step that ends the claim of `task` so, due now; none of a delivery's own end."""
    if task.type.startswith(DELIVERY_TYPE):
        return ()
    name = ENDED_EVENT_NAMES[outcome.kind_in(outcome.state)]
    will_retry = outcome.state is TaskState.PENDING
    wanting = [each for each in subscriptions if each.wants(name, task, will_retry=will_retry)]
    if not wanting:
        return ()
    event = ended_event(task, outcome, outcome.state, now)
    document = event_document(event)
    return tuple(_delivery(event, document, each) for each in wanting)


def _delivery(event: TaskEvent, document: str, subscription: Subscription) -> Task:
    id_ = uuid8(event.at, sha256(f"{event.id}\n{subscription.name}".encode()).digest())
    return Task(
        id=id_,
        type=subscription.delivery_type,
        payload_json=document,
        queue=DELIVERY_QUEUE,
        created_at=event.at,
        scheduled_at=event.at,
        correlation_id=event.task.correlation_id,
        workflow_id=id_,
        origin_id=event.task.id,
        metadata={EVENT: event.name, EVENT_ID: event.id},
    )
