"""Store a task that is to run: what is asked for, and the use case that stores it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from backstage.app.enqueue_parts import EnqueueParts
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.events import TaskCreated
from backstage.domain.lane_type import check_payload_version
from backstage.domain.limits import (
    MAX_KEY_LENGTH,
    MAX_METADATA_BYTES,
    MAX_TASK_KEY_LENGTH,
    check_attempts,
    check_moment,
    check_name,
    check_priority,
    check_seconds,
    check_tags,
    check_text,
    shown,
)
from backstage.domain.payload import encode_payload
from backstage.domain.ports.ids import Ids
from backstage.domain.queue import DEFAULT_QUEUE
from backstage.domain.struct_for_pydantic import StructForPydantic
from backstage.domain.task import Task

_FIRST_VERSION = 1


class _WhatToRun(StructForPydantic, Struct, frozen=True):
    """What may be given by position."""

    type: str
    payload: Any = None


class EnqueueTask(_WhatToRun, frozen=True, kw_only=True):
    """A task to enqueue. Its values are checked when it is enqueued.

    `payload` is any JSON value, a pydantic model or a dataclass; it is of `payload_version`, and a handler that knows
    that version runs it. `delay` is seconds from now; `scheduled_at` is an aware datetime or ISO 8601 text with its
    zone; one of them at most, and neither means now. `dedupe` as text is a key held while the task lives. `timeout`
    (hard) and `soft_timeout` are seconds. `max_deliveries` is how many lost workers make it a dead letter; 1, with
    `max_attempts` 1, is at most once. What is None comes from the handler, the queue or the worker. `tags` are up to 8
    short texts to find the task by, `key` says whose it is, and `is_awaited` that its caller waits for its result.
    `correlation_id` is the new task's own id unless given. `id` is a UUID: enqueuing the same id again stores nothing,
    so a caller that lost the answer may repeat the request.
    """

    payload_version: int = _FIRST_VERSION
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    delay: float | None = None
    scheduled_at: datetime | str | None = None
    dedupe: Dedupe | str | None = None
    max_attempts: int | None = None
    backoff: Backoff | None = None
    timeout: float | None = None
    soft_timeout: float | None = None
    max_deliveries: int | None = None
    correlation_id: str | None = None
    metadata: Mapping[str, str] | None = None
    tags: Sequence[str] | None = None
    key: str | None = None
    is_awaited: bool = False
    id: str | UUID | None = None

    def task(
        self, ids: Ids, now: datetime, parent: Task | None = None, encode: Callable[[Any], str] = encode_payload
    ) -> Task:
        """Return the new task; one with a `parent` belongs to the parent's workflow. `encode` writes the payload.

        Raises InvalidTaskDataError naming the first field that breaks a limit.
        """
        task_id = ids.new() if self.id is None else _uuid(self.id)
        task = Task(
            id=task_id,
            type=check_name("type", self.type),
            payload_json=encode(self.payload),
            queue=check_name("queue", self.queue),
            priority=check_priority(self.priority),
            created_at=now,
            scheduled_at=now if self.delay is None and self.scheduled_at is None else self._due(now),
            correlation_id=parent.correlation_id if parent else task_id,
            workflow_id=parent.workflow_id if parent else task_id,
            origin_id=parent.id if parent else None,
        )
        stated = self._seldom_stated()
        return replace(task, **stated) if stated else task

    def _seldom_stated(self) -> dict[str, Any]:
        """What most tasks leave as it is: to check it and pass it on all the same would take as long as all the rest.

        Defaults are known by identity, for True equals 1.
        """
        stated: dict[str, Any] = {}
        if self.payload_version is not _FIRST_VERSION:
            stated["payload_version"] = check_payload_version("payload_version", self.payload_version)
        if self.max_attempts is not None:
            stated["max_attempts"] = check_attempts("max_attempts", self.max_attempts)
        if self.backoff is not None:
            stated["backoff"] = _backoff(self.backoff)
        if self.timeout is not None:
            stated["timeout"] = _timeout("timeout", self.timeout)
        if self.soft_timeout is not None:
            stated["soft_timeout"] = _timeout("soft_timeout", self.soft_timeout)
        if self.max_deliveries is not None:
            stated["max_deliveries"] = check_attempts("max_deliveries", self.max_deliveries)
        if self.dedupe is not None:
            stated["dedupe"] = _dedupe(self.dedupe)
        if self.correlation_id is not None:
            stated["correlation_id"] = check_text("correlation_id", self.correlation_id, MAX_KEY_LENGTH)
        if self.metadata is not None:
            stated["metadata"] = _metadata(self.metadata)
        if self.tags is not None:
            stated["tags"] = check_tags("tags", self.tags)
        if self.key is not None:
            stated["key"] = check_text("key", self.key, MAX_TASK_KEY_LENGTH)
        if self.is_awaited is not False:
            stated["is_awaited"] = _flag("is_awaited", self.is_awaited)
        return stated

    def _due(self, now: datetime) -> datetime:
        if self.scheduled_at is None:
            return now + timedelta(seconds=check_seconds("delay", self.delay))
        if self.delay is not None:
            raise InvalidTaskDataError.of("delay", "was given together with scheduled_at: pass only one of them")
        if not isinstance(self.scheduled_at, str):
            return check_moment("scheduled_at", self.scheduled_at)
        try:
            return check_moment("scheduled_at", datetime.fromisoformat(self.scheduled_at))
        except ValueError:
            raise InvalidTaskDataError.of(
                "scheduled_at", "is not an ISO 8601 date and time: write it like 2030-01-31T08:00:00Z"
            ) from None


class Enqueue:
    """Store one task, which runs when it is due and a worker that knows its type is free.

    Returns the Task, or the Duplicate that says who holds its dedupe key. `connection` is the caller's own database
    connection: the task exists if its transaction commits. Raises InvalidTaskDataError, and ConfigurationError for
    a `connection` on a store that has no transactions. A task with a `parent` belongs to the parent's workflow.
    """

    waits_for_the_store_alone = True
    """Not so where enqueueing does more than this: then it may need an event loop though the store does not."""

    def __init__(self, enqueue_parts: EnqueueParts) -> None:
        self._tasks, self._events, self._clock = enqueue_parts.tasks, enqueue_parts.events, enqueue_parts.clock
        self._ids, self._trace, self._encode = enqueue_parts.ids, enqueue_parts.trace, enqueue_parts.encode

    async def __call__(
        self, request: EnqueueTask, *, connection: Any = None, parent: Task | None = None
    ) -> Task | Duplicate:
        if not isinstance(request, EnqueueTask):
            raise TypeError(f"enqueue_task() takes an EnqueueTask, not {shown(request)}: write enqueue(type, payload)")
        task = request.task(self._ids, self._clock.now(), parent, self._encode)
        if self._trace is None:
            return await self._store(task, connection)
        with self._trace.sending((task,)) as [traced]:
            return await self._store(traced, connection)

    async def _store(self, task: Task, connection: Any) -> Task | Duplicate:
        [duplicate] = await self._tasks.add((task,), connection=connection)
        if duplicate is not None:
            return duplicate
        if self._events.is_heard(TaskCreated.name):
            await self._events.publish(TaskCreated(task=task, at=task.created_at))
        return task


def _uuid(task_id: object) -> str:
    try:
        return str(UUID(str(task_id)))
    except ValueError:
        raise InvalidTaskDataError.of(
            "id", "is not a UUID: pass one, preferably of version 7, or leave it out"
        ) from None


def _backoff(backoff: object) -> Backoff:
    if not isinstance(backoff, Backoff):
        raise InvalidTaskDataError.of("backoff", "is not a Backoff: pass for instance Backoff.exponential(1, cap=60)")
    return backoff


def _dedupe(dedupe: object) -> Dedupe:
    return dedupe if isinstance(dedupe, Dedupe) else Dedupe(check_text("dedupe.key", dedupe, MAX_KEY_LENGTH))


def _timeout(field: str, seconds: object) -> float:
    return check_seconds(field, seconds, least=0.001)


def _flag(field: str, flag: object) -> bool:
    if not isinstance(flag, bool):
        raise InvalidTaskDataError.of(field, f"{shown(flag)} is neither True nor False")
    return flag


def _metadata(metadata: object) -> dict[str, str]:
    if not isinstance(metadata, Mapping):
        raise InvalidTaskDataError.of("metadata", f"is of type {type(metadata).__name__}, not a mapping of strings")
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise InvalidTaskDataError.of(
                f"metadata.{key}", f"is of type {type(value).__name__}: convert it to a string"
            )
    texts = dict(metadata)
    encode_payload(texts, field="metadata", limit=MAX_METADATA_BYTES)
    return texts
