"""A task as a row, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from backstage.domain.attempt import Attempt
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.failure_text import failure_json, recorded_failure_of
from backstage.infra.history_row import HISTORY_PLACEHOLDERS
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.tags_text import tags_json
from backstage.infra.task_row import ROW_COLUMNS, STATED_COLUMNS

LARGE_PAYLOAD = 2048
"""Characters from which a payload is kept out of the task's row."""


_PLAIN_COLUMNS = (
    *("type", "queue", "priority", "state", "ready", "created_at", "scheduled_at", "started_at", "finished_at"),
    *("deliveries", "interruptions", "crashes", "version", "max_attempts", "backoff", "timeout", "soft_timeout"),
    *("max_deliveries", "dedupe_key", "dedupe_ttl", "correlation_id", "workflow_id", "origin_id"),
    *("tags", "key", "is_awaited"),
    *("cancel_requested", "progress", "progress_note", "metadata", "last_failure", "result", "payload"),
)
COLUMNS = ("id", *_PLAIN_COLUMNS, "worker_id", "lease_until")
"""What the table keeps of a task, in the order of `columns_of`."""
_COUNTED_ON = ("deliveries", "version")
"""A claim adds one. More than it adds it to was written by somebody else, and would fail every claim."""
PLACEHOLDERS = {
    "columns": ", ".join(COLUMNS),
    "marks": ", ".join("?" for _ in COLUMNS),
    "claimed": ", ".join(
        f"min({column}, 2000000000) + 1 AS {column}" if column in _COUNTED_ON else column for column in STATED_COLUMNS
    ),
    "whole": ", ".join(f"whole.{column}" for column in ROW_COLUMNS),
    **HISTORY_PLACEHOLDERS,
    "assignments": ", ".join(f"{column} = ?" for column in _PLAIN_COLUMNS),
}
"""What SQL files may name in braces: all columns, a mark for each, what task_row.py reads of a task that is being
claimed (but for a payload that lies apart) and of the view of whole tasks, and those between the id and the lease."""


def columns_of(task: Task, now: datetime) -> tuple[Any, ...]:
    """Return the values of COLUMNS."""
    is_pending = task.state is TaskState.PENDING
    lease, dedupe = task.lease, task.dedupe
    return (
        task.id,
        task.lane_type,
        task.queue,
        int(task.priority),
        task.state.value,
        task.scheduled_at <= now if is_pending else None,
        to_micros(task.created_at),
        to_micros(task.scheduled_at),
        None if task.started_at is None else to_micros(task.started_at),
        None if task.finished_at is None else to_micros(task.finished_at),
        task.deliveries,
        task.interruptions,
        task.crashes,
        task.version,
        task.max_attempts,
        None if task.backoff is None else str(task.backoff),
        task.timeout,
        task.soft_timeout,
        task.max_deliveries,
        None if dedupe is None else dedupe.key,
        None if dedupe is None else dedupe.ttl,
        None if task.correlation_id == task.id else task.correlation_id,
        None if task.workflow_id == task.id else task.workflow_id,
        task.origin_id,
        tags_json(task.tags),
        task.key,
        task.is_awaited or None,
        task.is_cancel_requested,
        task.progress,
        task.progress_note,
        json.dumps(task.metadata) if task.metadata else None,
        failure_json(task.last_failure),
        task.result_json,
        None if is_large(task) else task.payload_json,
        None if lease is None else lease.worker_id,
        None if lease is None else to_micros(lease.until),
    )


def is_large(task: Task) -> bool:
    return len(task.payload_json) > LARGE_PAYLOAD


_NOTHING_STATED = (None,) * 13


def is_plain(task: Task) -> bool:
    """Whether `plain_columns_of` says all there is to say of a new task."""
    seldom_stated = (
        task.dedupe, task.max_attempts, task.backoff, task.timeout, task.soft_timeout, task.max_deliveries, task.key,
        task.started_at, task.finished_at, task.result_json, task.last_failure, task.progress, task.progress_note,
    )  # fmt: skip
    return (
        seldom_stated == _NOTHING_STATED
        and task.state is TaskState.PENDING
        and task.version == 1
        and not (task.tags or task.is_awaited or task.deliveries or task.interruptions or task.crashes)
        and not (task.is_cancel_requested or is_large(task))
    )


def plain_columns_of(task: Task) -> tuple[Any, ...]:
    """Return the values that add_plain_tasks.sql stores."""
    return (
        task.id,
        task.lane_type,
        task.queue,
        task.priority,
        to_micros(task.scheduled_at),
        to_micros(task.created_at),
        None if task.correlation_id == task.id else task.correlation_id,
        None if task.workflow_id == task.id else task.workflow_id,
        task.origin_id,
        json.dumps(task.metadata) if task.metadata else None,
        task.payload_json,
    )


def attempt_of(task_id: str, row: tuple[Any, ...]) -> Attempt:
    """Return the attempt of a row: fence, number, worker id, start, end, outcome, failure."""
    fence, number, worker_id, started_at, ended_at, outcome, failure = row
    return Attempt(
        task_id=task_id,
        fence=fence,
        number=number,
        worker_id=worker_id,
        started_at=from_micros(started_at),
        ended_at=from_micros(ended_at),
        outcome=OutcomeKind(outcome),
        failure=recorded_failure_of(failure),
    )
