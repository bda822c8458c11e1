"""A task as a row, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from backstage.domain.attempt import Attempt
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.lease import Lease
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.failure_text import failure_json, failure_of
from backstage.infra.moments import from_micros, to_micros

LARGE_PAYLOAD = 2048
"""Characters from which a payload is kept out of the task's row."""

_STATES = {state.value: state for state in TaskState}


def task_of(row: tuple[Any, ...]) -> Task:
    """Return the task of a row of the view `backstage_task_rows`."""
    (
        _seq, id_, type_, queue, priority, state, created_at, scheduled_at, started_at, finished_at,
        worker_id, lease_until, deliveries, interruptions, crashes, version,
        max_attempts, backoff, timeout, soft_timeout, dedupe_key, dedupe_ttl,
        correlation_id, workflow_id, origin_id, cancel_requested, progress, progress_note,
        metadata, last_failure, result, payload,
    ) = row  # fmt: skip
    return Task(
        id=id_,
        type=type_,
        payload_json=payload,
        queue=queue,
        priority=priority,
        state=_STATES[state],
        created_at=from_micros(created_at),
        scheduled_at=from_micros(scheduled_at),
        started_at=None if started_at is None else from_micros(started_at),
        finished_at=None if finished_at is None else from_micros(finished_at),
        lease=Lease(worker_id, from_micros(lease_until)) if state == "running" and worker_id is not None else None,
        deliveries=deliveries,
        interruptions=interruptions,
        crashes=crashes,
        version=version,
        max_attempts=max_attempts,
        backoff=None if backoff is None else Backoff.parse(backoff),
        timeout=timeout,
        soft_timeout=soft_timeout,
        dedupe=None if dedupe_key is None else Dedupe(dedupe_key, dedupe_ttl),
        correlation_id=correlation_id,
        workflow_id=workflow_id,
        origin_id=origin_id,
        metadata={} if metadata is None else json.loads(metadata),
        is_cancel_requested=bool(cancel_requested),
        result_json=result,
        last_failure=failure_of(last_failure),
        progress=progress,
        progress_note=progress_note,
    )


def columns_of(task: Task, now: datetime) -> tuple[Any, ...]:
    """Return the values of insert_task.sql and update_task.sql, in their order."""
    is_pending = task.state is TaskState.PENDING
    lease, dedupe = task.lease, task.dedupe
    return (
        task.id,
        task.type,
        task.queue,
        int(task.priority),
        task.state.value,
        task.scheduled_at <= now if is_pending else None,
        to_micros(task.created_at),
        to_micros(task.scheduled_at),
        None if task.started_at is None else to_micros(task.started_at),
        None if task.finished_at is None else to_micros(task.finished_at),
        None if lease is None else lease.worker_id,
        None if lease is None else to_micros(lease.until),
        task.deliveries,
        task.interruptions,
        task.crashes,
        task.version,
        task.max_attempts,
        None if task.backoff is None else str(task.backoff),
        task.timeout,
        task.soft_timeout,
        None if dedupe is None else dedupe.key,
        None if dedupe is None else dedupe.ttl,
        None if task.correlation_id == task.id else task.correlation_id,
        None if task.workflow_id == task.id else task.workflow_id,
        task.origin_id,
        task.is_cancel_requested,
        task.progress,
        task.progress_note,
        json.dumps(task.metadata) if task.metadata else None,
        failure_json(task.last_failure),
        task.result_json,
        None if is_large(task) else task.payload_json,
    )


def is_large(task: Task) -> bool:
    return len(task.payload_json) > LARGE_PAYLOAD


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
        failure=failure_of(failure),
    )
