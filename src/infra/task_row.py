from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe
from backstage.domain.lane_type import payload_version, plain_type, split_lane_type
from backstage.domain.lease import Lease
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.failure_text import failure_of
from backstage.infra.metadata_text import metadata_of
from backstage.infra.moments import from_micros
from backstage.infra.salvage import Reader, checked_count, salvaged, text
from backstage.infra.tags_text import tags_of

_STATES = {state.value: state for state in TaskState}


STATED_COLUMNS = (
    *("id", "type", "queue", "priority", "created_at", "scheduled_at"),
    *("deliveries", "interruptions", "crashes", "version"),
    *("max_attempts", "backoff", "timeout", "soft_timeout", "max_deliveries", "dedupe_key", "dedupe_ttl"),
    *("correlation_id", "workflow_id", "origin_id", "tags", "key", "is_awaited", "cancel_requested"),
    *("metadata", "last_failure", "result", "payload"),
)
_SELDOM_STATED = slice(STATED_COLUMNS.index("max_attempts"), STATED_COLUMNS.index("payload"))
_USUAL = (*(None,) * 13, False, None, None, None)
"""What rows of plain tasks say there: nothing, and that no cancel was requested."""
_OF_A_CLAIM = ("state", "started_at", "finished_at", "worker_id", "lease_until", "progress", "progress_note")
ROW_COLUMNS = (*STATED_COLUMNS, *_OF_A_CLAIM)
"""What a row of a SQL store says of a task, in the order in which statements ask for it. A claim sets the last ones
itself, the same for all of its tasks, so its rows need not have them."""


def task_of(row: Sequence[Any]) -> Task:
    """Return the task of a row of ROW_COLUMNS.

    Truths may be numbers; a correlation or workflow that is NULL is the task's own id.
    Of a row that cannot be decoded, what can be is returned: `undecodable` tells the rest.
    """
    try:
        state, started_at, finished_at, worker_id, lease_until, progress, progress_note = row[len(STATED_COLUMNS) :]
        return _task_of(
            row,
            _STATES[state],
            None if started_at is None else from_micros(started_at),
            None if finished_at is None else from_micros(finished_at),
            Lease(worker_id, from_micros(lease_until)) if state == "running" and worker_id is not None else None,
            progress,
            progress_note,
        )
    except Exception:  # whatever the converters raise: the row was written by somebody else
        return salvaged_row(dict(zip(ROW_COLUMNS, row, strict=True)))


def claimed_task_of(row: Sequence[Any], started_at: datetime, lease: Lease) -> Task:
    """Return the task of a row that begins with STATED_COLUMNS; those of one claim share when they started, and their
    lease."""
    try:
        if row[_SELDOM_STATED] == _USUAL and "@" not in row[1]:
            return _plain_task_of(row, started_at, lease)
        return _task_of(row, TaskState.RUNNING, started_at, None, lease, None, None)
    except Exception:  # as above
        columns = dict(zip(STATED_COLUMNS, row, strict=False)) | {"state": "running"}
        return replace(salvaged_row(columns), started_at=started_at, lease=lease)


def _plain_task_of(row: Sequence[Any], started_at: datetime, lease: Lease) -> Task:
    """As `_task_of`, for a claimed task that states nothing of its own: Python passes more than 15 named arguments in
    dictionaries, which costs three times as much."""
    id_, type_, queue, priority, created_at, scheduled_at, deliveries, interruptions, crashes, version, *_ = row
    checked_count(deliveries, interruptions, crashes, version)
    payload = row[_SELDOM_STATED.stop]
    if interruptions or crashes or type(payload) is not str:
        return _task_of(row, TaskState.RUNNING, started_at, None, lease, None, None)
    return Task(
        id=id_, type=type_, queue=queue, priority=priority, state=TaskState.RUNNING, payload_json=payload,
        created_at=from_micros(created_at), scheduled_at=from_micros(scheduled_at), started_at=started_at, lease=lease,
        deliveries=deliveries, version=version, correlation_id=id_, workflow_id=id_,
    )  # fmt: skip


def _task_of(
    row: Sequence[Any],
    state: TaskState,
    started_at: datetime | None,
    finished_at: datetime | None,
    lease: Lease | None,
    progress: float | None,
    progress_note: str | None,
) -> Task:
    (
        id_, type_, queue, priority, created_at, scheduled_at, deliveries, interruptions, crashes, version,
        max_attempts, backoff, timeout, soft_timeout, max_deliveries, dedupe_key, dedupe_ttl, correlation_id,
        workflow_id, origin_id, tags, key, is_awaited, cancel_requested, metadata, last_failure, result, payload, *_,
    ) = row  # fmt: skip
    type_, payload_version_ = split_lane_type(type_) if "@" in type_ else (type_, 1)
    checked_count(deliveries, interruptions, crashes, version)
    return Task(
        id=id_, type=type_, payload_version=payload_version_, queue=queue, priority=priority, state=state,
        payload_json=payload if type(payload) is str else text(payload),
        created_at=from_micros(created_at),
        scheduled_at=from_micros(scheduled_at),
        started_at=started_at, finished_at=finished_at, lease=lease,
        deliveries=deliveries, interruptions=interruptions, crashes=crashes, version=version,
        max_attempts=max_attempts,
        backoff=None if backoff is None else Backoff.parse(backoff),
        timeout=timeout, soft_timeout=soft_timeout, max_deliveries=max_deliveries,
        dedupe=None if dedupe_key is None else Dedupe(dedupe_key, dedupe_ttl),
        correlation_id=id_ if correlation_id is None else correlation_id,
        workflow_id=id_ if workflow_id is None else workflow_id,
        origin_id=origin_id,
        metadata={} if metadata is None else metadata_of(metadata),
        tags=() if tags is None else tags_of(tags),
        key=key,
        is_awaited=bool(is_awaited),
        is_cancel_requested=bool(cancel_requested),
        result_json=result,
        last_failure=None if last_failure is None else failure_of(last_failure),
        progress=progress, progress_note=progress_note,
    )  # fmt: skip


def _count(value: Any) -> int:
    return checked_count(int(value))


_READERS: dict[str, tuple[str, Reader]] = {
    "type": ("type", lambda lane: plain_type(text(lane))),
    "payload_version": ("type", lambda lane: payload_version(text(lane))),
    "priority": ("priority", int),
    "state": ("state", TaskState),
    "created_at": ("created_at", from_micros),
    "scheduled_at": ("scheduled_at", from_micros),
    "started_at": ("started_at", from_micros),
    "finished_at": ("finished_at", from_micros),
    "deliveries": ("deliveries", _count),
    "interruptions": ("interruptions", _count),
    "crashes": ("crashes", _count),
    "version": ("version", _count),
    "max_attempts": ("max_attempts", int),
    "backoff": ("backoff", Backoff.parse),
    "timeout": ("timeout", float),
    "soft_timeout": ("soft_timeout", float),
    "max_deliveries": ("max_deliveries", int),
    "correlation_id": ("correlation_id", text),
    "workflow_id": ("workflow_id", text),
    "origin_id": ("origin_id", text),
    "is_cancel_requested": ("cancel_requested", bool),
    "progress": ("progress", float),
    "progress_note": ("progress_note", text),
    "metadata": ("metadata", metadata_of),
    "tags": ("tags", tags_of),
    "key": ("key", text),
    "is_awaited": ("is_awaited", bool),
    "last_failure": ("last_failure", failure_of),
    "result_json": ("result", text),
    "payload_json": ("payload", text),
}
"""The task's attribute to its column and what makes the one of the other."""


def salvaged_row(columns: Mapping[str, Any]) -> Task:
    """Return what can be read of a row that cannot be decoded; columns that are not given were not asked for."""
    raw: dict[str, Any] = {attribute: columns.get(column) for attribute, (column, _) in _READERS.items()}
    readers: dict[str, Reader] = {attribute: reader for attribute, (_, reader) in _READERS.items()}
    if columns.get("dedupe_key") is not None:
        raw["dedupe"] = columns["dedupe_key"], columns.get("dedupe_ttl")
        readers["dedupe"] = lambda key_and_ttl: Dedupe(*key_and_ttl)
    if columns.get("state") == "running" and columns.get("worker_id") is not None:
        raw["lease"] = columns["worker_id"], columns.get("lease_until")
        readers["lease"] = lambda lease: Lease(lease[0], from_micros(lease[1]))
    task = salvaged(str(columns["id"]), columns["queue"], raw, readers)
    if isinstance(fence := columns.get("deliveries"), int):
        task = replace(task, deliveries=fence)  # however wrong: the claim is ended by the number that is stored
    return task
