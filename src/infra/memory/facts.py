from __future__ import annotations

from backstage.domain.errors import TaskNotFoundError
from backstage.domain.facts_among import facts_among
from backstage.domain.task_facts import SEEN_WITHIN, TaskFacts
from backstage.infra.memory.control import MemoryControl
from backstage.infra.memory.registry import MemoryRegistry
from backstage.infra.memory.store import MemoryStore


class MemoryFacts:
    """Facts over the dict."""

    def __init__(self, store: MemoryStore, control: MemoryControl, registry: MemoryRegistry) -> None:
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
