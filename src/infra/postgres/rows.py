"""What the rows of claims and of records mean; task_row.py has the whole task's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from backstage.domain.attempt import Attempt
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.lease import Lease
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.failure_text import failure_of, recorded_failure_of
from backstage.infra.metadata_text import metadata_of
from backstage.infra.moments import from_micros
from backstage.infra.salvage import checked_count
from backstage.infra.task_row import COLUMNS, salvaged_row

_RUNNING = TaskState.RUNNING
_CLAIMED = tuple(
    name
    for name in COLUMNS
    if name not in ("state", "started_at", "finished_at", "worker_id", "lease_until", "progress", "progress_note")
)
"""The columns of a claimed task, which come behind three that are about the claim."""


def claimed_task_of(row: Sequence[Any], started_at: datetime, lease: Lease) -> Task:
    """Return the task of a row of claim_tasks.sql; those of one claim share when they started, and their lease.

    Not `task_of`: a claim is read for every task that ever runs, so its rows have no column that is the same in all.
    """
    try:
        return _claimed_task_of(row, started_at, lease)
    except Exception:  # whatever the converters raise: the row was written by somebody else
        columns = dict(zip(_CLAIMED, row[3:], strict=True)) | {"state": "running"}
        return replace(salvaged_row(columns), started_at=started_at, lease=lease)


def _claimed_task_of(row: Sequence[Any], started_at: datetime, lease: Lease) -> Task:
    (
        _, _, _, id_, type_, queue, priority, created_at, scheduled_at, deliveries, interruptions, crashes, version,
        max_attempts, backoff, timeout, soft_timeout, max_deliveries, dedupe_key, dedupe_ttl,
        correlation_id, workflow_id, origin_id, cancel_requested, metadata, last_failure, result, payload,
    ) = row  # fmt: skip
    checked_count(deliveries, interruptions, crashes, version)
    return Task(
        id=id_,
        type=type_,
        payload_json=payload,
        queue=queue,
        priority=priority,
        state=_RUNNING,
        created_at=from_micros(created_at),
        scheduled_at=from_micros(scheduled_at),
        started_at=started_at,
        lease=lease,
        deliveries=deliveries,
        interruptions=interruptions,
        crashes=crashes,
        version=version,
        max_attempts=max_attempts,
        backoff=None if backoff is None else Backoff.parse(backoff),
        timeout=timeout,
        soft_timeout=soft_timeout,
        max_deliveries=max_deliveries,
        dedupe=None if dedupe_key is None else Dedupe(dedupe_key, dedupe_ttl),
        correlation_id=id_ if correlation_id is None else correlation_id,
        workflow_id=id_ if workflow_id is None else workflow_id,
        origin_id=origin_id,
        metadata={} if metadata is None else metadata_of(metadata),
        is_cancel_requested=cancel_requested,
        result_json=result,
        last_failure=None if last_failure is None else failure_of(last_failure),
    )


def attempt_of(row: Sequence[Any]) -> Attempt:
    """Return the attempt of a row of find_attempts.sql."""
    task_id, fence, number, worker_id, started_at, ended_at, outcome, failure = row
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
