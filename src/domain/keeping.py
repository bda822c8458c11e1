"""How long finished tasks are kept, in all and queue by queue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import check_seconds
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Of a queue's tasks in each final state: `…_for` seconds after their end, and so many at most, those that ended
    last. None says nothing, so what holds for all queues holds; `math.inf` is no limit. Raises InvalidTaskDataError."""

    keep_completed: float | None = None
    keep_completed_for: float | None = None
    keep_failed: float | None = None
    keep_failed_for: float | None = None
    keep_cancelled: float | None = None
    keep_cancelled_for: float | None = None

    def __post_init__(self) -> None:
        for name, value in self.said().items():
            if value == math.inf:
                continue
            if name.endswith("_for"):
                check_seconds(name, value)
            elif isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise InvalidTaskDataError.of(name, "must be a whole number, 0 or more, or math.inf")

    def said(self) -> dict[str, float]:
        """What it says something about."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def over(self, other: Keeping) -> Keeping:
        """The same where it says something, else what the other says."""
        return Keeping(**{**other.said(), **self.said()})


_STATES = (TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED)
KEEPING_FIELDS = tuple(field.name for field in fields(Keeping))


def retentions(of_all: Keeping, of_queues: Mapping[str, Keeping]) -> tuple[Retention, ...]:
    """What may be deleted where `of_all` holds, but for those queues that say otherwise."""
    return tuple(
        retention
        for state in _STATES
        for retention in (
            _retention(state, of_all, None, of_queues),
            *(_retention(state, keeping.over(of_all), queue, {}) for queue, keeping in sorted(of_queues.items())),
        )
        if retention is not None
    )


def _retention(
    state: TaskState, keeping: Keeping, queue: str | None, others: Mapping[str, Keeping]
) -> Retention | None:
    said = {name: value for name, value in keeping.said().items() if value != math.inf}
    age, number = said.get(f"keep_{state}_for"), said.get(f"keep_{state}")
    if age is None and number is None:
        return None
    kept = None if number is None else int(number)
    return Retention(state=state, max_age=age, keep_last=kept, queue=queue, except_queues=frozenset(others))
