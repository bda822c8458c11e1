"""A worker's connection to its store."""

from __future__ import annotations

import asyncio
from functools import partial

from backstage.domain.errors import StorageUnavailableError
from backstage.domain.opening import Opening
from backstage.infra.container import Container
from backstage.infra.store_opening import StoreOpening
from backstage.worker.hosting.stop_signals import StopSignals


class StoreConnection:
    """Opens the container when it is first used, whoever is first; `awaited` waits for a store that does not answer."""

    def __init__(self, container: Container) -> None:
        self.is_open = False
        self._container = container
        self._opening: asyncio.Task[None] | None = None
        self._opened_as = Opening.CREATE
        self._awaiting: StoreOpening | None = None

    async def open(self, as_what: Opening = Opening.CREATE) -> None:
        """Once; but as a worker again, where it was opened to enqueue: that brought no schema up to date."""
        if self._opening is None or (as_what is Opening.WORK and self._opened_as is not as_what):
            self._opened_as = as_what
            self._opening = asyncio.create_task(self._open(as_what, self._opening))
        opening = self._opening
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            if opening.cancelled():
                raise StorageUnavailableError("the worker was stopped before its store answered") from None
            raise
        except Exception:
            self._opening = None  # so that the next use tries again
            raise

    async def awaited(self) -> bool:
        """Open it for a worker; return whether it was opened before a signal or `give_up` came."""
        settings, container = self._container.settings, self._container
        awaiting = StoreOpening(
            partial(self.open, Opening.WORK), settings.start_timeout, container.chance, container.logger
        )
        self._awaiting, is_open = awaiting, False
        try:
            with StopSignals(awaiting.give_up, awaiting.give_up, ends_process=False):
                is_open = await awaiting.run()
        finally:
            self._awaiting = None
            if not is_open and self._opening is not None:
                self._opening.cancel()
        return is_open

    def give_up(self) -> None:
        """Await the store no longer."""
        if self._awaiting is not None:
            self._awaiting.give_up()

    async def close(self) -> None:
        """Also while it is being opened; harmless when it never was."""
        if self._opening is not None:
            await asyncio.wait([self._opening])
            self._opening, self.is_open = None, False
            await self._container.close()

    async def _open(self, as_what: Opening, before: asyncio.Task[None] | None) -> None:
        self.is_open = False
        if before is not None:
            await asyncio.wait([before])
        await self._container.start(as_what)
        self.is_open = True
