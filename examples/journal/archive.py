from __future__ import annotations

from collections.abc import Sequence

from backstage import TaskState
from backstage.ports import Count, StoredTask
from examples.journal.store import Store


class JournalArchive:
    """TaskArchive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, after: str | None, limit: int) -> list[StoredTask]:
        with self._store.lock:
            ids = sorted(id_ for id_ in self._store.tasks if after is None or id_ > after)[:limit]
            return [StoredTask(self._store.tasks[id_], tuple(self._store.attempts.get(id_, ()))) for id_ in ids]

    async def write(self, stored: Sequence[StoredTask]) -> int:
        if any(each.task.state is TaskState.RUNNING for each in stored):
            raise ValueError("a lease cannot be moved: none of the tasks may be running")
        with self._store.step():
            before = len(self._store.tasks)
            for each in stored:
                if each.task.id not in self._store.tasks:
                    self._store.put(each.task)
                    self._store.change(attempts=list(each.attempts))
            return len(self._store.tasks) - before

    async def write_pruned(self, counts: Sequence[Count]) -> None:
        with self._store.step():
            self._store.change(pruned_counts=list(counts))
