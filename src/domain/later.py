from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from backstage.domain.deferred_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Later:
    """How many pending tasks are not due yet: the `scheduled` ones have begun no attempt, the `retrying` ones wait for
    their next. With the first moment of each. Without `is_whole` there are more than were counted."""

    scheduled: int
    retrying: int
    next_scheduled: datetime | None
    next_retry: datetime | None
    is_whole: bool

    @classmethod
    def of(cls, tasks: Iterable[tuple[datetime, int]], at_most: int) -> Later:
        """Count tasks, given by their due time and attempt; the earliest ones, should there be too many."""
        counted = sorted(tasks)[:at_most]
        fresh = [due for due, attempt in counted if attempt == 0]
        again = [due for due, attempt in counted if attempt > 0]
        return cls(len(fresh), len(again), min(fresh, default=None), min(again, default=None), len(counted) < at_most)

    @classmethod
    def together(cls, parts: Iterable[Later]) -> Later:
        parts = list(parts)
        return cls(
            sum(part.scheduled for part in parts),
            sum(part.retrying for part in parts),
            min((part.next_scheduled for part in parts if part.next_scheduled), default=None),
            min((part.next_retry for part in parts if part.next_retry), default=None),
            all(part.is_whole for part in parts),
        )
