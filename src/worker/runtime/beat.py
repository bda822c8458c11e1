"""Shows the worker to the others, for people to look at."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import Any

from backstage.domain.errors import StorageError, StoreNotReadyError
from backstage.domain.opening import Opening
from backstage.domain.ports.backend import Backend
from backstage.domain.worker_info import WorkerInfo, beat_interval
from backstage.worker import log_events
from backstage.worker.runtime.older_workers import OlderWorkers
from backstage.worker.runtime.slots import Slots
from backstage.worker.runtime.store_watch import StoreWatch
from backstage.worker.worker_options import WorkerOptions

MOST_SHOWN = 100


class Beat:
    """`ranks` are those of the queues that the worker claims from, None for all queues."""

    def __init__(
        self,
        backend: Backend,
        options: WorkerOptions,
        types: frozenset[str],
        ranks: Mapping[str, int] | None,
        slots: Slots,
        store_watch: StoreWatch,
        older_workers: OlderWorkers,
        logger: Any,
    ) -> None:
        self.interval = beat_interval(options.lease)
        self._backend = backend
        self._options = options
        self._types = tuple(sorted(types))
        self._ranks = ranks or {}
        self._slots = slots
        self._store_watch = store_watch
        self._older_workers = older_workers
        self._logger = logger
        self._started_at = backend.clock.now()
        self._beating: asyncio.Future[None] | None = None
        self.has_beaten = asyncio.Event()

    async def beat(self) -> None:
        """Goes on when it is cancelled: whether the store has taken it would not be known."""
        self._beating = asyncio.ensure_future(self._beat())
        await asyncio.shield(self._beating)

    async def _beat(self) -> None:
        """Tables that somebody dropped are made again here, which the worker may do as when it started."""
        try:
            generation = await self._backend.registry.beat(self._state())
        except StoreNotReadyError:
            await self._backend.open(Opening.WORK if self._options.may_migrate else Opening.WORK_AS_IT_IS)
            generation = await self._backend.registry.beat(self._state())
        self._store_watch.saw(generation)
        self.has_beaten.set()
        await self._older_workers.look()

    async def leave(self) -> None:
        """After a beat under way, which would else bring the worker back."""
        try:
            async with asyncio.timeout(self._options.lease):
                if self._beating is not None:
                    await asyncio.wait([self._beating])
                await self._backend.registry.leave(self._options.worker_id)
        except (StorageError, TimeoutError) as error:  # the registry forgets silent workers by itself
            self._logger.warning(log_events.LOOP_FAILED, loop="leave", error=str(error))

    def _state(self) -> WorkerInfo:
        return WorkerInfo(
            id=self._options.worker_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=self._started_at,
            seen_at=self._backend.clock.now(),
            concurrency=self._options.concurrency,
            queues=tuple(sorted(self._ranks)),
            types=self._types,
            running=tuple(held.task.id for held in self._slots.held.snapshot()[:MOST_SHOWN]),
            is_stopping=self._slots.is_closing,
            lease=self._options.lease,
            release=self._options.version,
            ranks={queue: rank for queue, rank in self._ranks.items() if rank},
        )
