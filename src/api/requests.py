"""The bodies of requests. A field that there is not is refused, and so is a value of another type."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, model_validator

from backstage.api.values import (
    TEXT,
    Attempts,
    Flag,
    Key,
    Moment,
    Name,
    Payload,
    Priority,
    Seconds,
    TaskId,
    TimeLimit,
    Version,
)
from backstage.app.enqueue_task import EnqueueTask
from backstage.domain.backoff import Backoff, BackoffKind
from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.bulk_operation import EMPTY_QUERY
from backstage.domain.cron_task import CronTask
from backstage.domain.dedupe import Dedupe
from backstage.domain.failure_group import MAX_NOTE
from backstage.domain.identity import Role
from backstage.domain.limits import MAX_TAG_LENGTH, MAX_TAGS, MAX_TASK_KEY_LENGTH
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap
from backstage.domain.pause_words import MAX_PAUSE_REASON
from backstage.domain.queue import DEFAULT_QUEUE

MOST_AT_ONCE = 1_000
"""Tasks of one request."""


Glob = Annotated[str, Field(min_length=1, max_length=128, pattern=TEXT)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewBackoff(Body):
    """How long a failed task waits, in seconds."""

    kind: BackoffKind
    base: Seconds
    cap: Seconds
    jitter: Annotated[float, Strict(), Field(ge=0.0, le=1.0)] = 0.0


class NewDedupe(Body):
    """A key that refuses an equal task on the same queue; `ttl` in seconds, null: while the task lives."""

    key: Key
    ttl: TimeLimit | None = None


class NewTask(Body):
    """A task to enqueue. Of `delay` (seconds) and `scheduled_at` one at most; neither means now."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["delay", "scheduled_at"]}})

    type: Name
    payload: Payload = None
    payload_version: Version = 1
    queue: Name = DEFAULT_QUEUE
    priority: Priority = 0
    delay: Seconds | None = None
    scheduled_at: Moment | None = None
    dedupe: NewDedupe | None = None
    max_attempts: Attempts | None = None
    max_deliveries: Attempts | None = None
    backoff: NewBackoff | None = None
    timeout: TimeLimit | None = None
    soft_timeout: TimeLimit | None = None
    correlation_id: Key | None = None
    metadata: dict[str, str] | None = None
    tags: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MAX_TAG_LENGTH, pattern=TEXT)]] | None,
        Field(max_length=MAX_TAGS),
    ] = None
    key: Annotated[str, Field(min_length=1, max_length=MAX_TASK_KEY_LENGTH, pattern=TEXT)] | None = None

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if {"delay", "scheduled_at"} <= self.model_fields_set:
            raise ValueError("delay was given together with scheduled_at: pass only one of them")
        return self

    def request(self, task_id: str | None = None) -> EnqueueTask:
        """What the use case takes."""
        known: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        backoff, dedupe = self.backoff, self.dedupe
        return EnqueueTask(
            **{
                **known,
                "backoff": None if backoff is None else Backoff(**dict(backoff)),
                "dedupe": None if dedupe is None else Dedupe(dedupe.key, dedupe.ttl),
                "id": task_id,
            }
        )


class NewTasks(Body):
    """Tasks to enqueue together: all of them are stored, or none."""

    tasks: Annotated[list[NewTask], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Amendment(Body):
    """What is to change of a pending task."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["priority"]}, {"required": ["queue"]}]})

    priority: Priority | None = None
    queue: Name | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.priority is None and self.queue is None:
            raise ValueError("names nothing to change: give a priority or a queue")
        return self


class RetryBody(Body):
    """With `reset_attempts` a task may run as often as a new one, else once more."""

    reset_attempts: Flag = False


class DeadLetterFilter(Body):
    """Which dead letters: of a queue, of a type, or all."""

    queue: Name | None = None
    type: Name | None = None


class NewSchedule(Body):
    """A schedule: enqueues `task_name` at each tick of the cron expression `schedule`."""

    schedule: Annotated[str, Field(min_length=1, max_length=1_000)]
    task_name: Name
    queue: Name = DEFAULT_QUEUE
    args: Payload = None
    time_zone: Annotated[str, Field(min_length=1, max_length=128)] = "UTC"
    catch_up: MissedTicks = MissedTicks.ONE
    overlap: Overlap = Overlap.ALLOW
    jitter: Seconds = 0.0

    def cron_task(self, name: str) -> CronTask:
        return CronTask(**dict(self), name=name)


class NewPause(Body):
    """Why something is paused: a line that others see."""

    reason: Annotated[str, Field(max_length=MAX_PAUSE_REASON, pattern=TEXT)] | None = None


class NewSubscription(Body):
    """A durable listener: `types` and `queues` are globs, of which one must match."""

    events: Annotated[list[Literal["worker-task:completed", "worker-task:failed"]], Field(min_length=1)] = [
        "worker-task:failed"
    ]
    types: list[Glob] = []
    queues: list[Glob] = []
    every_attempt: Flag = False


class NewBroadcast(Body):
    """A message to every live worker. Sending the same `id` again stores nothing."""

    name: Name
    payload: Payload = None
    id: TaskId | None = None


def _said(query: str) -> str:
    if not query.strip():
        raise ValueError(EMPTY_QUERY)
    return query


class NewBulk(Body):
    """An action on all tasks of a query. `priority` belongs to `prioritise`, and `queue` to `move`."""

    kind: BulkKind
    query: Annotated[str, Field(max_length=2_000, pattern=TEXT), AfterValidator(_said)]
    priority: Priority | None = None
    queue: Name | None = None

    def action(self) -> BulkAction:
        return BulkAction(self.kind, priority=self.priority, queue=self.queue)


class NewRate(Body):
    """How many tasks are changed per second, at most."""

    rate: Annotated[float, Strict(), Field(gt=0.0, le=10_000.0)] | None = None


class Note(Body):
    """What is known of a group of failures."""

    note: Annotated[str, Field(max_length=MAX_NOTE, pattern=TEXT)]


class NewTokenBody(Body):
    """A token for somebody or something; `expires_in` is seconds, null: good until it is revoked."""

    name: Annotated[str, Field(min_length=1, max_length=128, pattern=TEXT)]
    role: Role = Role.VIEWER
    may_read_payloads: Flag = False
    expires_in: Annotated[float, Field(ge=1.0, le=366 * 86_400.0 * 100)] | None = None
