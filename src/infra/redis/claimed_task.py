"""The task of a hash that a claim has just taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from backstage.domain.lease import Lease
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.redis.rows import Fields, fields_of, moment_of, read_fields, salvaged_task

_PLAIN_FIELDS = frozenset({"type", "created", "payload", "entry", "priority", "due"})
"""What hashes of tasks have that state nothing of their own and have not run."""


def claimed_task(task_id: str, queue: str, flat: Sequence[str], lease: Lease, now: datetime) -> Task:
    """Return the task after the entity's `claim` move, from the fields it had before."""
    try:
        fields = fields_of(flat)
        if fields.keys() <= _PLAIN_FIELDS and "@" not in fields["type"]:
            return _plain_claimed_task(task_id, queue, fields, lease, now)
        return _claimed_task(task_id, queue, fields, lease, now)
    except Exception:  # whatever the converters raise: the hash was written by somebody else
        task = salvaged_task(task_id, queue, fields_of(flat))
        # The script takes a number that it cannot read for none.
        return replace(task, state=TaskState.RUNNING, lease=lease, started_at=now, deliveries=task.deliveries + 1)


def _plain_claimed_task(task_id: str, queue: str, fields: Fields, lease: Lease, now: datetime) -> Task:
    """As `_claimed_task`, for what has plain fields alone: Python passes more than 15 named arguments in dictionaries,
    which costs three times as much."""
    created_at = moment_of(fields["created"])
    due, priority = fields.get("due"), fields.get("priority")
    return Task(
        id=task_id, type=fields["type"], queue=queue, priority=0 if priority is None else int(priority),
        state=TaskState.RUNNING, payload_json=fields.get("payload", "null"), created_at=created_at,
        scheduled_at=created_at if due is None else moment_of(due), started_at=now, lease=lease,
        deliveries=1, version=2, correlation_id=task_id, workflow_id=task_id,
    )  # fmt: skip


def _claimed_task(task_id: str, queue: str, fields: Fields, lease: Lease, now: datetime) -> Task:
    read = read_fields(task_id, queue, fields.items())
    read["state"] = TaskState.RUNNING
    read["lease"] = lease
    read["started_at"] = now
    read["deliveries"] = read.get("deliveries", 0) + 1
    read["version"] = read.get("version", 1) + 1
    read["progress"] = read["progress_note"] = None
    return Task(**read)
