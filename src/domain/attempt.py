"""The record that every claim of a task leaves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from backstage.domain.failure import Failure
from backstage.domain.outcome import Outcome, OutcomeKind
from backstage.domain.struct_for_pydantic import StructForPydantic

if TYPE_CHECKING:
    from backstage.domain.task import Task


class Attempt(StructForPydantic, Struct, frozen=True, gc=False):
    """One claim: by whom, from when to when, and how it ended. `fence` is the claim's fencing token."""

    task_id: str
    fence: int
    number: int
    """The attempt this claim was (from 1); an interrupted claim shares its number with the next one."""
    worker_id: str
    started_at: datetime
    ended_at: datetime
    outcome: OutcomeKind
    failure: Failure | None = None

    @classmethod
    def of(cls, task: Task, outcome: Outcome, now: datetime) -> Attempt:
        """Made from the task as it was while it ran."""
        outcome = task.honouring_cancel(outcome)
        assert task.lease is not None and task.started_at is not None
        return cls(
            task_id=task.id,
            fence=task.fence,
            number=task.attempt,
            worker_id=task.lease.worker_id,
            started_at=task.started_at,
            ended_at=now,
            outcome=outcome.kind,
            failure=outcome.failure,
        )
