from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from backstage.domain.store_signs import NOTHING, SOMETHING, StoreSigns
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import BeatAnswer, WorkerOrder, WorkerStacks
from backstage.infra.memory.store import MemoryStore


class MemoryRegistry:
    """WorkerRegistry over a dict."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def beat(self, worker: WorkerInfo) -> BeatAnswer:
        with self._store.lock:
            known = self._store.workers.get(worker.id)
            order = WorkerOrder.WORK if known is None else known.order
            self._store.workers[worker.id] = replace(worker, seen_at=self._store.clock.now(), order=order)
            request = self._store.stacks_requests.get(worker.id)
            return BeatAnswer(self._store.generation, order, request, self._signs())

    async def leave(self, worker_id: str) -> None:
        with self._store.lock:
            self._forget(worker_id)

    async def workers(self, seen_within: float) -> list[WorkerInfo]:
        with self._store.lock:
            now = self._store.clock.now()
            for worker in list(self._store.workers.values()):
                if worker.seen_at < now - timedelta(days=1):
                    self._forget(worker.id)
            seen = [
                replace(each, silent_for=max(0.0, (now - each.seen_at).total_seconds()))
                for _, each in sorted(self._store.workers.items())
            ]
            return [each for each in seen if each.silent_for <= seen_within and not each.is_gone]

    async def give_order(self, worker_id: str, order: WorkerOrder) -> bool:
        with self._store.lock:
            worker = self._store.workers.get(worker_id)
            if worker is not None:
                self._store.workers[worker_id] = replace(worker, order=order)
            return worker is not None

    async def request_stacks(self, worker_id: str, request: str) -> str | None:
        with self._store.lock:
            known = worker_id in self._store.workers
            return self._store.stacks_requests.setdefault(worker_id, request) if known else None

    async def put_stacks(self, worker_id: str, stacks: WorkerStacks) -> None:
        with self._store.lock:
            if worker_id in self._store.workers:
                self._store.stacks[worker_id] = stacks
                self._store.stacks_requests.pop(worker_id, None)

    async def stacks(self, worker_id: str) -> WorkerStacks | None:
        with self._store.lock:
            return self._store.stacks.get(worker_id)

    def _signs(self) -> StoreSigns:
        store = self._store
        crons = {name: (schedule.cron, schedule.is_paused) for name, schedule in store.schedules.items()}
        return StoreSigns(
            subscriptions=repr(store.subscriptions) if store.subscriptions else NOTHING,
            schedules=repr(crons) if crons else NOTHING,
            bulk=SOMETHING if store.bulk else NOTHING,
            leases=SOMETHING if store.lease_ends else NOTHING,
        )

    def _forget(self, worker_id: str) -> None:
        for kept in (self._store.workers, self._store.stacks_requests, self._store.stacks):
            kept.pop(worker_id, None)
