from __future__ import annotations

from backstage.domain.lane_type import plain_type
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.stats import OldestDue


class GetOldestDue:
    """Return how long the oldest due task of each queue and type has waited, sorted by them.

    Those in which nothing is due are left out. The cost does not grow with the number of tasks.
    """

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def __call__(self) -> list[OldestDue]:
        waits: dict[tuple[str, str], float] = {}
        for each in await self._tasks.oldest_due():
            lane = each.queue, plain_type(each.type)
            waits[lane] = max(waits.get(lane, 0.0), each.waited)
        return [OldestDue(*lane, waited) for lane, waited in sorted(waits.items())]
