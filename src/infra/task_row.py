from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.lease import Lease
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.failure_text import failure_of
from backstage.infra.moments import from_micros

_STATES = {state.value: state for state in TaskState}


def task_of(row: Sequence[Any]) -> Task:
    """Return the task of a row of a SQL store's view `backstage_whole_tasks`, from the id on.

    Ids may be objects of the driver's, truths numbers; a correlation or workflow that is NULL is the task's own id.
    """
    (
        id_, type_, queue, priority, state, created_at, scheduled_at, started_at, finished_at,
        worker_id, lease_until, deliveries, interruptions, crashes, version,
        max_attempts, backoff, timeout, soft_timeout, max_deliveries, dedupe_key, dedupe_ttl,
        correlation_id, workflow_id, origin_id, cancel_requested, progress, progress_note,
        metadata, last_failure, result, payload,
    ) = row  # fmt: skip
    id_ = str(id_)
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
        max_deliveries=max_deliveries,
        dedupe=None if dedupe_key is None else Dedupe(dedupe_key, dedupe_ttl),
        correlation_id=id_ if correlation_id is None else correlation_id,
        workflow_id=id_ if workflow_id is None else workflow_id,
        origin_id=origin_id,
        metadata={} if metadata is None else json.loads(metadata),
        is_cancel_requested=bool(cancel_requested),
        result_json=result,
        last_failure=failure_of(last_failure),
        progress=progress,
        progress_note=progress_note,
    )
