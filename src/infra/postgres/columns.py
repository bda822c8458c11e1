"""Tasks as the arrays that statements unnest: one array for each column, in the statement's order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from backstage.domain.attempt import Attempt
from backstage.domain.task import Task
from backstage.infra.failure_text import failure_json
from backstage.infra.moments import to_micros

Column = list[Any] | None
"""None stands for as many NULLs as the other columns have values."""


def new_tasks(tasks: Sequence[Task]) -> list[Column]:
    """The columns of add_tasks.sql."""
    return [
        [task.id for task in tasks],
        [task.type for task in tasks],
        [task.queue for task in tasks],
        [int(task.priority) for task in tasks],
        [to_micros(task.created_at) for task in tasks],
        [to_micros(task.scheduled_at) for task in tasks],
        [task.payload_json for task in tasks],
        *_limits_and_origins(tasks),
    ]


def new_keyed_tasks(tasks: Sequence[Task]) -> list[Column]:
    """The columns of add_keyed_tasks.sql."""
    return [*new_tasks(tasks), *_keys(tasks)]


def definitions(tasks: Sequence[Task]) -> list[Column]:
    """The columns of put_definitions.sql."""
    return [
        [task.id for task in tasks],
        [task.type for task in tasks],
        [task.queue for task in tasks],
        [to_micros(task.created_at) for task in tasks],
        [task.payload_json for task in tasks],
        *_limits_and_origins(tasks),
        *_keys(tasks),
    ]


def pending(tasks: Sequence[Task]) -> list[Column]:
    """The columns of put_pending.sql."""
    return [
        [task.id for task in tasks],
        [task.queue for task in tasks],
        [task.type for task in tasks],
        [int(task.priority) for task in tasks],
        [task.dedupe is not None for task in tasks],
        [to_micros(task.scheduled_at) for task in tasks],
        *_counters(tasks),
        column(None if task.started_at is None else to_micros(task.started_at) for task in tasks),
        *_progress_and_ends(tasks),
        [task.is_cancel_requested for task in tasks],
    ]


def finished(tasks: Sequence[Task]) -> list[Column]:
    """The columns of put_finished.sql."""
    return [
        [task.id for task in tasks],
        [task.queue for task in tasks],
        [task.type for task in tasks],
        [int(task.priority) for task in tasks],
        [task.state.value for task in tasks],
        [to_micros(task.scheduled_at) for task in tasks],
        *_counters(tasks),
        column(None if task.started_at is None else to_micros(task.started_at) for task in tasks),
        column(None if task.finished_at is None else to_micros(task.finished_at) for task in tasks),
        *_progress_and_ends(tasks),
    ]


def attempts(records: Sequence[Attempt]) -> list[Column]:
    """The columns of put_attempts.sql."""
    return [
        [record.task_id for record in records],
        [record.fence for record in records],
        [record.number for record in records],
        [record.worker_id for record in records],
        [to_micros(record.started_at) for record in records],
        [to_micros(record.ended_at) for record in records],
        [record.outcome.value for record in records],
        column(failure_json(record.failure) for record in records),
    ]


def _limits_and_origins(tasks: Sequence[Task]) -> list[Column]:
    return [
        column(task.max_attempts for task in tasks),
        column(None if task.backoff is None else str(task.backoff) for task in tasks),
        column(task.timeout for task in tasks),
        column(task.soft_timeout for task in tasks),
        column(task.max_deliveries for task in tasks),
        column(None if task.correlation_id == task.id else task.correlation_id for task in tasks),
        column(None if task.workflow_id == task.id else task.workflow_id for task in tasks),
        column(task.origin_id for task in tasks),
        column(json.dumps(task.metadata) if task.metadata else None for task in tasks),
    ]


def _keys(tasks: Sequence[Task]) -> list[Column]:
    return [
        column(None if task.dedupe is None else task.dedupe.key for task in tasks),
        column(None if task.dedupe is None else task.dedupe.ttl for task in tasks),
    ]


def _counters(tasks: Sequence[Task]) -> list[Column]:
    return [
        [task.deliveries for task in tasks],
        [task.interruptions for task in tasks],
        [task.crashes for task in tasks],
        [task.version for task in tasks],
    ]


def _progress_and_ends(tasks: Sequence[Task]) -> list[Column]:
    return [
        column(task.progress for task in tasks),
        column(task.progress_note for task in tasks),
        column(failure_json(task.last_failure) for task in tasks),
        column(task.result_json for task in tasks),
    ]


def column(values: Iterable[Any]) -> Column:
    """A column that is None where it has nothing but None."""
    whole = list(values)
    return None if all(value is None for value in whole) else whole
