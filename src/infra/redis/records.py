"""The records of a task's claims: those kept apart, and the latest, which the task's own hash tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backstage.domain.attempt import Attempt
from backstage.domain.failure import Failure
from backstage.domain.limits import shown
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.redis.rows import Fields, failure_of, failure_text
from backstage.infra.unreadable_rows import readable


def attempts_of(task: Task, fields: Fields, kept: Iterable[tuple[str, Sequence[str]]]) -> tuple[Attempt, ...]:
    """The task's records, oldest first: those kept apart, with their fences, and the one that its own hash tells."""
    records = [*readable("an attempt", kept, lambda each: _attempt_of(task.id, int(each[0]), each[1]))]
    told = readable("an attempt", [fields], lambda each: _told_record(task, each))
    records += [record for record in told if record is not None]
    return tuple(sorted(records, key=lambda attempt: attempt.fence))


def _attempt_of(task_id: str, fence: int, record: Sequence[str]) -> Attempt:
    number, worker_id, started_at, ended_at, kind, failure = record
    return Attempt(
        task_id=task_id,
        fence=fence,
        number=int(number),
        worker_id=worker_id,
        started_at=from_micros(int(started_at)),
        ended_at=from_micros(int(ended_at)),
        outcome=OutcomeKind(kind),
        failure=recorded_failure_of(failure),
    )


def recorded_failure_of(text: str | None) -> Failure | None:
    """Like `failure_of`, for a reader that may be told that it cannot be read."""
    try:
        return failure_of(text)
    except Exception:  # whatever the converters raise: the record was written by somebody else
        return Failure("UndecodableFailure", f"what is stored cannot be read: {shown(text)}")


def _told_record(task: Task, fields: Fields) -> Attempt | None:
    told = fields.get("record")
    if told == "-" or task.finished_at is None or task.started_at is None:
        return None
    if told is None:
        told = "completed" if task.state is TaskState.COMPLETED else "dead+"
    return Attempt(
        task_id=task.id,
        fence=task.fence,
        number=task.attempt,
        worker_id=fields.get("worker", "?"),
        started_at=task.started_at,
        ended_at=task.finished_at,
        outcome=OutcomeKind(told.rstrip("+")),
        failure=task.last_failure if told.endswith("+") else None,
    )


def record_of(attempt: Attempt) -> list[object]:
    """A record as the scripts keep it, packed."""
    failure = "" if attempt.failure is None else failure_text(attempt.failure)
    moments = str(to_micros(attempt.started_at)), str(to_micros(attempt.ended_at))
    return [attempt.number, attempt.worker_id, *moments, attempt.outcome.value, failure]
