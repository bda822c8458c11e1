"""Shows the worker to the others, and hears what is asked of it."""

from __future__ import annotations

import asyncio
from typing import Any

from backstage.domain.errors import StorageError, StoreNotReadyError
from backstage.domain.opening import Opening
from backstage.domain.ports.backend import Backend
from backstage.domain.store_signs import UNKNOWN
from backstage.domain.worker_info import beat_interval
from backstage.domain.worker_order import BeatAnswer
from backstage.worker import log_events
from backstage.worker.runtime.older_workers import OlderWorkers
from backstage.worker.runtime.own_state import OwnState
from backstage.worker.runtime.sign import Signs
from backstage.worker.runtime.steering import Steering
from backstage.worker.runtime.store_watch import StoreWatch
from backstage.worker.worker_options import WorkerOptions


class Beat:
    def __init__(
        self,
        backend: Backend,
        own_state: OwnState,
        store_watch: StoreWatch,
        older_workers: OlderWorkers,
        steering: Steering,
        signs: Signs,
        options: WorkerOptions,
        logger: Any,
    ) -> None:
        self.interval = beat_interval(options.lease)
        self._backend = backend
        self._own_state = own_state
        self._store_watch = store_watch
        self._older_workers = older_workers
        self._steering = steering
        self._signs = signs
        self._options = options
        self._logger = logger
        self._beating: asyncio.Future[None] | None = None
        self.has_beaten = asyncio.Event()

    async def beat(self) -> None:
        """Goes on when it is cancelled: whether the store has taken it would not be known."""
        self._beating = asyncio.ensure_future(self._beat())
        await asyncio.shield(self._beating)

    async def _beat(self) -> None:
        """One that is told something beats again, so that others see what became of it."""
        try:
            answer = await self._told()
        except BaseException:
            self._signs.tell(UNKNOWN)
            raise
        self._store_watch.saw(answer.generation)
        self._signs.tell(answer.signs)
        self.has_beaten.set()
        if await self._steering.obey(answer):
            await self._backend.registry.beat(self._own_state.now())
        await self._older_workers.look()

    async def _told(self) -> BeatAnswer:
        """Tables that somebody dropped are made again here, which the worker may do as when it started."""
        try:
            return await self._backend.registry.beat(self._own_state.now())
        except StoreNotReadyError:
            await self._backend.open(Opening.WORK if self._options.may_migrate else Opening.WORK_AS_IT_IS)
            return await self._backend.registry.beat(self._own_state.now())

    async def leave(self) -> None:
        """After a beat under way, which would else bring the worker back."""
        try:
            async with asyncio.timeout(self._options.lease):
                if self._beating is not None:
                    await asyncio.wait([self._beating])
                await self._backend.registry.leave(self._options.worker_id)
        except (StorageError, TimeoutError) as error:  # the registry forgets silent workers by itself
            self._logger.warning(log_events.LOOP_FAILED, loop="leave", error=str(error))
