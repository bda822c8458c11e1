"""What the rows of records mean; task_row.py has a task's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backstage.domain.attempt import Attempt
from backstage.domain.outcome import OutcomeKind
from backstage.infra.failure_text import recorded_failure_of
from backstage.infra.moments import from_micros


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
