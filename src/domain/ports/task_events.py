from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.event_log import NewEvent
from backstage.domain.followed_event import EventKind
from backstage.domain.run_log import RunLog
from backstage.domain.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """`number` counts from 1 in the log of its task, without gaps but for what was dropped; `at` is the store's now
    when it was stored."""

    number: int
    kind: EventKind
    at: datetime
    attempt: int
    data_json: str


class TaskEvents(Protocol):
    """What running tasks tell those who follow them, and how tasks stand. Errors are those of TaskRepository.

    Each task has a log of its own, of at most MOST_EVENTS events and MOST_EVENT_BYTES of data: the oldest are dropped.
    """

    async def append(self, events: Sequence[NewEvent]) -> frozenset[str]:
        """Add the events, at most MOST_AT_ONCE, to the logs of their tasks; those of one run come in their order.

        Returns the ids of tasks that are not running under that fence: of their events nothing was stored. Before the
        first event of a run whose log holds those of an earlier one, the marker `restarted` is stored. An event that
        was stored before, because the reply was lost, is not stored again.
        """
        ...

    async def read(self, after: Mapping[str, int], limit: int) -> Mapping[str, Sequence[StoredEvent]]:
        """Of each task at most `limit` events with greater numbers than that, in order. Tasks without any are left
        out."""
        ...

    async def standings(self, task_ids: Collection[str]) -> Mapping[str, Standing]:
        """How the tasks stand; those that are not stored are left out. All of it is read at one moment of each task."""
        ...

    async def keep_lines(self, logs: Sequence[RunLog]) -> None:
        """Store the lines of runs with their tasks; those of a run that has some already, and of tasks that are not
        stored, are left out."""
        ...

    async def lines(self, task_id: str) -> Sequence[RunLog]:
        """The lines of the task's runs, oldest run first."""
        ...

    async def forget_results(self, limit: int) -> int:
        """Empty the results, at most `limit`, that were settled with a `keep_result_for` that is over; return how
        many. Their standings tell it from then on. The tasks stay."""
        ...

    async def forget(self, kept_for: float, limit: int) -> int:
        """Delete at most `limit` logs of tasks that ended more than `kept_for` seconds ago, or that are not stored;
        return how many. It may look at a log as late as `kept_for` seconds after that."""
        ...
