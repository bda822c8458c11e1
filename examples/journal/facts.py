from __future__ import annotations

from backstage import TaskNotFoundError
from backstage.ports import SEEN_WITHIN, TaskFacts, facts_among
from examples.journal.fleet import JournalControl, JournalRegistry
from examples.journal.store import Store


class JournalFacts:
    """Facts: all tasks are in memory, so they are counted there."""

    def __init__(self, store: Store, control: JournalControl, registry: JournalRegistry) -> None:
        self._store, self._control, self._registry = store, control, registry

    async def of(self, task_id: str) -> TaskFacts:
        with self._store.lock:
            task = self._store.tasks.get(task_id)
            if task is None:
                raise TaskNotFoundError(task_id)
            return facts_among(
                self._store.tasks.values(),
                task,
                self._store.clock.now(),
                attempts=tuple(self._store.attempts.get(task_id, ())),
                pauses=await self._control.paused(),
                workers=await self._registry.workers(SEEN_WITHIN),
            )
