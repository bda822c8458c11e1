"""The scheduler as an application holds it: schedules, start and stop, and no handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self, Unpack

from backstage.domain.cron_task import CronTask
from backstage.domain.errors import ConfigurationError
from backstage.domain.opening import Opening
from backstage.infra.container import Container
from backstage.infra.settings.lazy_settings import load_settings
from backstage.infra.settings.setting_options import SettingOptions
from backstage.infra.store_opening import StoreOpening
from backstage.worker.hosting.from_settings import container_from
from backstage.worker.hosting.stop_signals import StopSignals
from backstage.worker.hosting.unique_schedules import unique_schedules
from backstage.worker.hosting.worker import Worker
from backstage.worker.runtime.error_backoff import ErrorBackoff
from backstage.worker.runtime.periodic import kept_up
from backstage.worker.runtime.schedule_loop import ScheduleLoop
from backstage.worker.runtime.sign import Sign


class Scheduler:
    """Fires the schedules of a store. Any number of schedulers and workers may do so at once.

    `schedules` are put into the store by `start`; what is there already fires too. The store is that of `worker`,
    whose connection is then shared, else that of `url`, read like Worker's. A worker fires schedules by itself: this
    is for a process that runs no tasks. Raises ConfigurationError; connects when it is started.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        worker: Worker | None = None,
        schedules: Iterable[CronTask] = (),
        **settings: Unpack[SettingOptions],
    ) -> None:
        if worker is not None and (url is not None or settings):
            raise ConfigurationError("worker", "has its own store and settings: pass either it or them")
        self._schedules = unique_schedules(schedules)
        self._worker = worker
        self._container = worker.backstage if worker else container_from(load_settings(url=url, **settings), None)
        self._running: asyncio.Task[None] | None = None
        self._awaiting: StoreOpening | None = None

    @property
    def backstage(self) -> Container:
        """The use cases on this scheduler's store."""
        return self._container

    async def start(self) -> None:
        """Return once the schedules are stored; from then on they fire. Started already, it does nothing.

        Raises ConfigurationError and StorageUnavailableError.
        """
        if self._running is not None:
            return
        if self._worker is not None:
            await self._worker.connect()
        else:
            await self._container.start(Opening.WORK)
        try:
            loop = self._new_loop()
            await loop.put_all()
        except BaseException:
            await self._disconnect()
            raise
        backoff = ErrorBackoff(self._container.chance)
        keeping_up = kept_up("scheduler", loop.run, backoff, self._container.logger)
        self._running = asyncio.create_task(keeping_up, name="backstage-scheduler")

    async def run(self) -> None:
        """Fire schedules until stopped, by a signal or by `stop`.

        A store that does not answer yet is waited for, up to `start_timeout`. Raises what `start` raises.
        """
        container, stopped = self._container, asyncio.Event()
        awaiting = self._awaiting = StoreOpening(
            self.start, container.settings.start_timeout, container.chance, container.logger
        )

        def stop() -> None:
            awaiting.give_up()
            stopped.set()

        with StopSignals(stop, stop, ends_process=False):
            try:
                if await awaiting.run() and self._running is not None:
                    stopping = asyncio.create_task(stopped.wait())
                    await asyncio.wait([self._running, stopping], return_when=asyncio.FIRST_COMPLETED)
                    stopping.cancel()
            finally:
                await self.stop()

    async def stop(self) -> None:
        """Fire no more, and disconnect, unless the connection is a worker's. A tick that is being fired is either
        fired or left to others. May be called again."""
        if self._awaiting is not None:
            self._awaiting.give_up()
        running, self._running = self._running, None
        if running is None:
            return
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await self._disconnect()

    async def wait(self) -> None:
        """Return once `stop` was called."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _new_loop(self) -> ScheduleLoop:
        container = self._container
        interval = container.settings.schedule_interval
        return ScheduleLoop(
            container.put_schedule, container.fire_schedules, self._schedules, interval, Sign(), container.logger
        )

    async def _disconnect(self) -> None:
        if self._worker is None:
            await self._container.close()
