"""The failures that a worker has seen since it was last asked, by what they have in common."""

from __future__ import annotations

from datetime import datetime

from backstage.domain.failure import Failure
from backstage.domain.failure_group import MAX_MESSAGE, MOST_SAMPLES, FailureSighting
from backstage.domain.fingerprint import fingerprint
from backstage.domain.limits import storable
from backstage.domain.task import Task

MOST_GROUPS = 200
"""Errors may be made without end; what is told at once may not."""


class SeenFailures:
    def __init__(self) -> None:
        self._by_fingerprint: dict[str, FailureSighting] = {}

    def add(self, task: Task, failure: Failure, at: datetime, *, is_first: bool) -> None:
        """`is_first` says whether the task had not failed so before."""
        known_by = fingerprint(task.type, failure)
        before = self._by_fingerprint.get(known_by.id)
        if before is None and len(self._by_fingerprint) >= MOST_GROUPS:
            return
        older_ids = before.task_ids if before else ()
        self._by_fingerprint[known_by.id] = FailureSighting(
            fingerprint=known_by.id,
            task_type=task.type,
            error=failure.type,
            line=known_by.line,
            message=storable(failure.message, MAX_MESSAGE),
            tasks=is_first + (before.tasks if before else 0),
            runs=1 + (before.runs if before else 0),
            at=at,
            task_ids=(task.id, *(each for each in older_ids if each != task.id))[:MOST_SAMPLES],
        )

    def taken(self) -> tuple[FailureSighting, ...]:
        """All of them; from now on they are counted anew."""
        seen, self._by_fingerprint = self._by_fingerprint, {}
        return tuple(seen.values())


def is_new_for(task: Task, failure: Failure) -> bool:
    """Whether the claimed task had not failed so before."""
    before = task.last_failure
    return before is None or fingerprint(task.type, before).id != fingerprint(task.type, failure).id
