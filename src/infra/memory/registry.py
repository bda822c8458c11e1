from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from backstage.domain.worker_info import WorkerInfo
from backstage.infra.memory.store import MemoryStore


class MemoryRegistry:
    """WorkerRegistry over a dict."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def beat(self, worker: WorkerInfo) -> str:
        with self._store.lock:
            self._store.workers[worker.id] = replace(worker, seen_at=self._store.clock.now())
            return self._store.generation

    async def leave(self, worker_id: str) -> None:
        with self._store.lock:
            self._store.workers.pop(worker_id, None)

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        with self._store.lock:
            now = self._store.clock.now()
            for worker in list(self._store.workers.values()):
                if worker.seen_at < now - timedelta(days=1):
                    del self._store.workers[worker.id]
            seen = [
                replace(each, silent_for=max(0.0, (now - each.seen_at).total_seconds()))
                for _, each in sorted(self._store.workers.items())
            ]
            return [each for each in seen if each.silent_for <= seen_within and not each.is_gone]
