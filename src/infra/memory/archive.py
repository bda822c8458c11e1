from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest

from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.stats import Count
from backstage.domain.task_state import TaskState
from backstage.infra.memory.store import MemoryStore


class MemoryArchive:
    """TaskArchive over the same dict."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def read(self, after: str | None, limit: int) -> list[StoredTask]:
        with self._store.lock:
            ids = nsmallest(limit, (id_ for id_ in self._store.tasks if after is None or id_ > after))
            return [StoredTask(self._store.tasks[id_], tuple(self._store.attempts.get(id_, ()))) for id_ in ids]

    async def write(self, stored: Sequence[StoredTask]) -> int:
        running = [each.task.id for each in stored if each.task.state is TaskState.RUNNING]
        if running:
            raise ValueError(f"a lease cannot be moved, and these tasks are running: {', '.join(running)}")
        with self._store.lock:
            before = len(self._store.tasks)
            for each in stored:
                if each.task.id not in self._store.tasks:
                    self._store.put(each.task)
                    self._store.attempts[each.task.id] = list(each.attempts)
            self._store.wake()
            return len(self._store.tasks) - before

    async def write_pruned(self, counts: Sequence[Count]) -> None:
        with self._store.lock:
            for count in counts:
                lane = (count.queue, count.type, count.state)
                more = max(0, count.pruned - self._store.pruned[lane])
                self._store.pruned[lane] += more
                self._store.counts[lane] += more
