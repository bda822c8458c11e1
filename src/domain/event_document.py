"""An event of DURABLE_EVENTS as JSON text, which is what a delivery carries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.events import TaskCompleted, TaskEvent, TaskFailed
from backstage.domain.failure import Failure
from backstage.domain.payload import decode_payload
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

MAX_CARRIED = 64 * 1024
"""Characters: a payload or a result that is longer as JSON text is left out of the event, and is None there."""

_PLAIN = (
    *(
        "id",
        "type",
        "payload_version",
        "queue",
        "priority",
        "deliveries",
        "interruptions",
        "crashes",
        "version",
        "max_attempts",
        "max_deliveries",
        "timeout",
    ),
    *(
        "soft_timeout",
        "key",
        "correlation_id",
        "workflow_id",
        "origin_id",
        "is_cancel_requested",
        "progress",
        "progress_note",
    ),
)
_MOMENTS = ("created_at", "scheduled_at", "started_at", "finished_at")


def event_document(event: TaskEvent) -> str:
    document: dict[str, Any] = {"name": event.name, "at": event.at.isoformat(), "task": _task_document(event.task)}
    match event:
        case TaskFailed():
            document["error"] = _failure_document(event.error)
            document |= {"attempt": event.attempt, "will_retry": event.will_retry, "duration": event.duration}
        case TaskCompleted():
            document["duration"] = event.duration
        case _:
            raise ValueError(f"{event.name} is not delivered durably")
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def event_of(document: Mapping[str, Any]) -> TaskEvent:
    """Return the event of a document that `event_document` made, in this release or an earlier one."""
    task, at = _task_of(document["task"]), datetime.fromisoformat(document["at"])
    if document["name"] == TaskCompleted.name:
        return TaskCompleted(task=task, at=at, result=task.result, duration=document["duration"])
    return TaskFailed(
        task=task,
        at=at,
        error=Failure(**document["error"]),
        attempt=document["attempt"],
        will_retry=document["will_retry"],
        duration=document["duration"],
    )


def _task_document(task: Task) -> dict[str, Any]:
    """What holds its default is left out."""
    document: dict[str, Any] = {"state": task.state.value}
    for name in _PLAIN:
        if (value := getattr(task, name)) is not None:
            document[name] = value
    for name in _MOMENTS:
        if (moment := getattr(task, name)) is not None:
            document[name] = moment.isoformat()
    if task.metadata:
        document["metadata"] = task.metadata
    if task.tags:
        document["tags"] = list(task.tags)
    if task.is_awaited:
        document["is_awaited"] = True
    if task.backoff is not None:
        document["backoff"] = str(task.backoff)
    if task.dedupe is not None:
        document["dedupe"] = [task.dedupe.key, task.dedupe.ttl]
    if task.last_failure is not None:
        document["last_failure"] = _failure_document(task.last_failure)
    for name in ("payload_json", "result_json"):
        text = getattr(task, name)
        if text is not None and len(text) <= MAX_CARRIED:
            with suppress(ValueError, RecursionError):  # rubbish that somebody else stored must not hold up the end
                document[name.removesuffix("_json")] = decode_payload(text)
    return document


def _failure_document(failure: Failure) -> dict[str, str]:
    return {"type": failure.type, "message": failure.message, "traceback": failure.traceback}


def _task_of(document: Mapping[str, Any]) -> Task:
    read: dict[str, Any] = {name: document[name] for name in (*_PLAIN, "metadata", "is_awaited") if name in document}
    read |= {name: datetime.fromisoformat(document[name]) for name in _MOMENTS if name in document}
    for name in ("payload", "result"):
        if name in document:
            read[f"{name}_json"] = json.dumps(document[name], ensure_ascii=False, separators=(",", ":"))
    if "tags" in document:
        read["tags"] = tuple(document["tags"])
    if "backoff" in document:
        read["backoff"] = Backoff.parse(document["backoff"])
    if "dedupe" in document:
        read["dedupe"] = Dedupe(*document["dedupe"])
    if "last_failure" in document:
        read["last_failure"] = Failure(**document["last_failure"])
    return Task(**read, state=TaskState(document["state"]))
