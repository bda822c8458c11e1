"""What the answers are made of: the values of the domain as JSON objects, by the names that they have there."""

from __future__ import annotations

from typing import Any, Self

from msgspec import structs
from pydantic import BaseModel, ConfigDict

from backstage.api.values import Moment
from backstage.domain.attempt import Attempt
from backstage.domain.backoff import BackoffKind
from backstage.domain.dedupe import Duplicate
from backstage.domain.outcome import OutcomeKind
from backstage.domain.payload import decode_payload
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


class Document(BaseModel):
    """Made from an object of the domain by its attributes."""

    model_config = ConfigDict(from_attributes=True)


class FailureDocument(Document):
    type: str
    message: str
    traceback: str


class LeaseDocument(Document):
    worker_id: str
    until: Moment


class BackoffDocument(Document):
    kind: BackoffKind
    base: float
    cap: float
    jitter: float


class DedupeDocument(Document):
    key: str
    ttl: float | None


class TaskDocument(Document):
    """A task as it is now. Moments are in UTC, durations in seconds."""

    id: str
    type: str
    queue: str
    priority: int
    state: TaskState
    payload: Any
    payload_version: int
    result: Any
    error: FailureDocument | None
    """Why it last failed."""
    created_at: Moment
    scheduled_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    lease: LeaseDocument | None
    attempt: int
    deliveries: int
    interruptions: int
    crashes: int
    version: int
    """Rises with each change: the value of `ETag`."""
    max_attempts: int | None
    max_deliveries: int | None
    timeout: float | None
    soft_timeout: float | None
    backoff: BackoffDocument | None
    dedupe: DedupeDocument | None
    correlation_id: str
    workflow_id: str
    origin_id: str | None
    metadata: dict[str, str]
    tags: list[str]
    key: str | None
    is_awaited: bool
    is_cancel_requested: bool
    progress: float | None
    progress_note: str | None
    undecodable: dict[str, str] | None
    """Which stored fields cannot be read, and why."""

    @classmethod
    def of(cls, task: Task) -> Self:
        known = {name: getattr(task, name) for name in _FIELDS_OF_A_TASK}
        return cls.model_validate(
            {
                **known,
                "payload": _decoded(task.payload_json),
                "result": None if task.result_json is None else _decoded(task.result_json),
                "error": task.last_failure,
                "attempt": task.attempt,
            }
        )


_FIELDS_OF_A_TASK = tuple(name for name in Task.__struct_fields__ if name in TaskDocument.model_fields)


class AttemptDocument(Document):
    """One claim of a task."""

    fence: int
    number: int
    worker_id: str
    started_at: Moment
    ended_at: Moment
    outcome: OutcomeKind
    error: FailureDocument | None

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls.model_validate({**structs.asdict(attempt), "error": attempt.failure})


class DuplicateDocument(Document):
    """Nothing was stored: another task holds the dedupe key."""

    holder_id: str
    key: str


class EnqueuedDocument(Document):
    """One of the two: the task that was stored, or who holds its dedupe key."""

    task: TaskDocument | None
    duplicate: DuplicateDocument | None

    @classmethod
    def of(cls, answer: Task | Duplicate) -> Self:
        if isinstance(answer, Duplicate):
            return cls(task=None, duplicate=DuplicateDocument.model_validate(answer))
        return cls(task=TaskDocument.of(answer), duplicate=None)


class TaskPageDocument(Document):
    """Newest first. `next_after` is the `after` of the next page, and null on the last one."""

    tasks: list[TaskDocument]
    next_after: str | None


def _decoded(text: str) -> Any:
    """The JSON value; the text itself when somebody wrote there what is none."""
    try:
        return decode_payload(text)
    except ValueError:
        return text
