from __future__ import annotations

from backstage.domain.patience import over_after
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.search_page import LOOKED_AT, PATIENCE, Counted
from backstage.domain.task_search import TaskSearch


class CountTasks:
    """Count the stored tasks that a query means.

    Exact where queue, type and state decide, for those are counted as tasks move; else the newest 10,000 to which an
    index leads are looked at, for `patience` seconds. Raises InvalidQueryError.
    """

    def __init__(self, tasks: TaskRepository, clock: Clock) -> None:
        self._tasks, self._clock = tasks, clock

    async def __call__(self, search: str | TaskSearch, *, patience: float = PATIENCE) -> Counted:
        is_over = over_after(patience, self._clock)
        search = TaskSearch.of(search, self._clock.now())
        if not search.is_of_lanes_alone:
            return await self._tasks.count_matching(search, LOOKED_AT, is_over)
        rows = [row for row in await self._tasks.counts() if search.is_of_lane(row.queue, row.type, row.state)]
        number = sum(row.tasks - row.pruned for row in rows)
        return Counted(number, is_exact=True, looked=number)
