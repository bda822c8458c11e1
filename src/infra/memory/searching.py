"""What a search needs of the memory store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from backstage.domain.task import Task
from backstage.domain.task_search import TaskSearch
from backstage.infra.memory.store import MemoryStore


class MemoryLooking:
    """One search: sees the tasks as they are when it begins."""

    leads_to_no_others = True

    def __init__(self, store: MemoryStore, search: TaskSearch) -> None:
        self._store = store
        with store.lock:
            tasks = list(store.tasks.values())
        self._ids = sorted((task.id for task in tasks if search.leads_to(task)), reverse=True)

    async def ids(self, below: str | None, number: int) -> Sequence[str]:
        return list(islice((each for each in self._ids if below is None or each < below), number))

    async def facts(self, ids: Sequence[str]) -> Sequence[tuple[str, Task | None]]:
        return [(task.id, task) for task in await self.read(ids)]

    async def read(self, ids: Sequence[str]) -> Iterable[Task]:
        with self._store.lock:
            return [self._store.tasks[each] for each in ids if each in self._store.tasks]
