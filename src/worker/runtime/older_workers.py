"""Tells of workers of an earlier release, beside which durable listeners do not hear of all."""

from __future__ import annotations

import asyncio
from typing import Any

from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.worker import log_events
from backstage.worker.runtime.subscription_watch import SubscriptionWatch

LOOK_EVERY = 60.0


class OlderWorkers:
    """A failure that ends on such a worker is stored without its deliveries, and nobody can make them afterwards."""

    def __init__(self, registry: WorkerRegistry, subscriptions: SubscriptionWatch, logger: Any) -> None:
        self._registry, self._subscriptions, self._logger = registry, subscriptions, logger
        self._reported: frozenset[str] = frozenset()
        self._next_look = 0.0

    async def look(self) -> None:
        """May be called often; tells once of each worker, and only while there are durable listeners."""
        now = asyncio.get_running_loop().time()
        if now < self._next_look or self._subscriptions.next_tasks_of is None:
            return
        self._next_look = now + LOOK_EVERY
        older = {each.id: each for each in await self._registry.workers(LOOK_EVERY) if not each.tells_listeners}
        for worker_id in sorted(older.keys() - self._reported):
            self._logger.warning(log_events.OLDER_WORKER_SEEN, worker_id=worker_id, host=older[worker_id].host)
        self._reported = frozenset(older)
