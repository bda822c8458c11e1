"""The rows of a task's log and of how it stands, as both SQL stores have them."""

from __future__ import annotations

from backstage.domain.followed_event import EventKind
from backstage.domain.ports.task_events import StoredEvent
from backstage.domain.standing import Standing
from backstage.domain.task_state import TaskState
from backstage.infra.failure_text import recorded_failure_of
from backstage.infra.moments import from_micros


def event_of(number: int, kind: str, at: int, attempt: int, data: str) -> StoredEvent:
    return StoredEvent(number=number, kind=EventKind(kind), at=from_micros(at), attempt=attempt, data_json=data)


def standing_of(
    state: str,
    attempt: int,
    finished_at: int | None,
    progress: float | None,
    progress_note: str | None,
    result: str | None,
    last_failure: str | None,
    result_gone_at: int | None,
) -> Standing:
    return Standing(
        state=TaskState(state),
        attempt=attempt,
        finished_at=None if finished_at is None else from_micros(finished_at),
        progress=progress,
        progress_note=progress_note,
        result_json=result,
        last_failure=recorded_failure_of(last_failure),
        result_gone_at=None if result_gone_at is None else from_micros(result_gone_at),
    )
