from __future__ import annotations

from backstage.domain.limits import check_id
from backstage.domain.patience import over_after
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.search_page import LOOKED_AT, PATIENCE, SearchPage
from backstage.domain.task_query import check_limit
from backstage.domain.task_search import TaskSearch


class SearchTasks:
    """Return one page of the tasks that a query means, newest first.

    The query is text, such as `state:failed since:2h`, or one that was parsed. The search looks at the newest 10,000
    tasks to which an index leads, and for `patience` seconds; the page says how far it looked. Raises
    InvalidQueryError, and InvalidTaskDataError for a page size outside 1 to 1000.
    """

    def __init__(self, tasks: TaskRepository, clock: Clock) -> None:
        self._tasks, self._clock = tasks, clock

    async def __call__(
        self, search: str | TaskSearch, limit: int = 50, after: str | None = None, *, patience: float = PATIENCE
    ) -> SearchPage:
        is_over = over_after(patience, self._clock)
        check_limit(limit)
        if after is not None:
            check_id("after", after)
        return await self._tasks.search(TaskSearch.of(search, self._clock.now()), limit, after, LOOKED_AT, is_over)
