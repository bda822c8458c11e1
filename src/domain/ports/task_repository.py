from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from backstage.domain.attempt import Attempt
from backstage.domain.dedupe import Duplicate
from backstage.domain.later import Later
from backstage.domain.patience import IsOver, never_over
from backstage.domain.retention import Retention
from backstage.domain.search_page import Counted, SearchPage
from backstage.domain.stats import Count, OldestDue
from backstage.domain.task import Task
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_search import TaskSearch


class TaskRepository(Protocol):
    """Tasks as the use cases see them.

    Every method raises StorageUnavailableError when the store cannot answer; writes raise StorageFullError when
    it has no room, and then nothing was written.
    """

    @property
    def adds_without_a_loop(self) -> bool:
        """Whether `add` works in a thread without an event loop too, and returns there without ever suspending."""
        ...

    async def add(self, tasks: Sequence[Task], *, connection: Any = None) -> list[Duplicate | None]:
        """Store the tasks in one atomic step, each with its dedupe key; one answer per task, in order.

        A task whose key is held is left out and answered with the Duplicate. A task whose id is stored already
        is left as it is and answered with None, so a caller that lost the reply may ask again. `connection`, on
        stores that have transactions, is the caller's own: the tasks exist if its transaction commits; stores
        that cannot do that raise ConfigurationError.
        """
        ...

    async def get(self, task_id: str) -> Task:
        """Raises TaskNotFoundError."""
        ...

    async def attempts(self, task_id: str) -> list[Attempt]:
        """The task's records, oldest first; empty for a task that is unknown or never ran."""
        ...

    async def find(self, query: TaskQuery) -> TaskPage: ...

    async def search(
        self, search: TaskSearch, limit: int, after: str | None, look_at: int, is_over: IsOver = never_over
    ) -> SearchPage:
        """The tasks that match, newest first, from before the id `after`.

        The cost is bounded: no more than `look_at` tasks are looked at, of those to which `search.index` leads, a
        portion at a time. Once it `is_over`, no portion is begun but the first, except where the index alone decides.
        """
        ...

    async def count_matching(self, search: TaskSearch, look_at: int, is_over: IsOver = never_over) -> Counted:
        """How many tasks match; bounded as `search` is, and by the time where the index alone decides, too."""
        ...

    async def ended_since(self, moment: datetime, limit: int) -> list[Task]:
        """At most `limit` tasks that ended at the moment or later and have not been run again, those that ended first
        before others. The cost depends on the queues and on `limit`."""
        ...

    async def save(self, task: Task) -> None:
        """Store the task if the stored version is `task.version - 1`: on its queue, with the priority that it has now.

        Keeps the dedupe key in step: cancelling frees it; a retried task takes it again.
        Raises StaleTaskError, TaskNotFoundError, and DuplicateTaskError when another live task holds the key.
        """
        ...

    async def move(self, task: Task, from_queue: str) -> None:
        """Store the task, which has been moved from that queue to its own, if the stored version is `task.version - 1`.

        Where two queues have no step in common, the task is on neither for a moment, and is brought to its own by a
        worker should the caller die meanwhile. Raises StaleTaskError and TaskNotFoundError.
        """
        ...

    async def delete(self, tasks: Sequence[Task]) -> int:
        """Delete those of the ended tasks that still have that state and version, with all that belongs to them, as
        `prune` does; return how many."""
        ...

    async def counts(self) -> list[Count]:
        """One row per queue, type and state that ever had a task; the cost does not depend on how many tasks."""
        ...

    async def count_due(self, queue: str, at_most: int) -> int:
        """How many tasks of the queue wait that are due, paused or not; it is counted up to that number."""
        ...

    async def count_later(self, at_most: int) -> Later:
        """How many pending tasks are not due yet. It is counted up to about that number, those that are due first, and
        the cost depends on it alone."""
        ...

    async def oldest_due(self) -> list[OldestDue]:
        """One row per queue and type that has a due task waiting, paused ones too, sorted; the cost depends on how
        many queues, types and priorities have work, and not on how many tasks.

        Nobody need have claimed for it: what fell due meanwhile counts. Should that be thousands of tasks at once, some
        lanes may be told of late, but never the one that has waited longest of all.
        """
        ...

    async def prune(self, retention: Retention, limit: int) -> int:
        """Delete at most `limit` finished tasks with their attempts, oldest first; return how many."""
        ...
