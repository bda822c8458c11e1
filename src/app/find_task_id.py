from __future__ import annotations

import math
import re

from backstage.app.search_tasks import SearchTasks
from backstage.domain.errors import AmbiguousIdError, TaskNotFoundError

_WHOLE = 36
_PART = re.compile(r"[0-9a-f-]{8,35}")
MOST_TOLD = 10


class FindTaskId:
    """Return the whole id of the task whose id begins or ends with at least eight characters.

    A whole id is returned as it is, whether a task has it or not. Of ids that end so, those of the newest 10,000 tasks
    are looked at. Raises TaskNotFoundError, AmbiguousIdError.
    """

    def __init__(self, search_tasks: SearchTasks) -> None:
        self._search_tasks = search_tasks

    async def __call__(self, text: str) -> str:
        if len(text) >= _WHOLE:
            return text
        if not _PART.fullmatch(text):
            raise TaskNotFoundError(text)
        page = await self._search_tasks(f"id:{text}", MOST_TOLD, patience=math.inf)
        if not page.tasks:
            raise TaskNotFoundError(text)
        if len(page.tasks) > 1:
            raise AmbiguousIdError(text, tuple(task.id for task in page.tasks), is_all=page.next_after is None)
        return page.tasks[0].id
