from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from backstage.app.use_cases import UseCases
from backstage.domain.errors import ConfigurationError
from backstage.domain.extras import needing
from backstage.domain.opening import Opening, without_migrating
from backstage.domain.ports.backend import Backend
from backstage.domain.ports.chance import Chance
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.ids import Ids
from backstage.domain.ports.task_trace import TaskTrace
from backstage.infra.backends import backend_for
from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.settings.settings import Settings
from backstage.infra.store_opening import StoreOpening
from backstage.infra.store_options import StoreOptions
from backstage.infra.structured_logging import new_logger
from backstage.infra.typed_payload import encode_typed_payload
from backstage.infra.uuid7_ids import Uuid7Ids


class Container(UseCases):
    """Every use case, wired to one backend.

    `async with Container.open("sqlite:///backstage.db") as backstage:` is the usual way. An object that owns a
    container makes it and calls `start` and `close`; nothing is connected before `start`. `backend`, `clock`,
    `ids`, `chance`, `logger` and `events` are given by tests and by applications that have their own.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        backend: Backend | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        chance: Chance | None = None,
        logger: Any = None,
        events: BlinkerEventBus | None = None,
    ) -> None:
        self.settings = settings
        self.logger: Any = logger or new_logger(
            level=settings.log_level, log_format=settings.log_format, silent=settings.silent
        )
        self.chance: Chance = chance or random.Random()  # noqa: S311 - spreads retries, guards no secret
        super().__init__(
            backend or self._chosen_backend(clock),
            events or BlinkerEventBus(self.logger),
            ids or Uuid7Ids(),
            _otel_trace() if settings.otel else None,
            encode_typed_payload,
        )

    def _chosen_backend(self, clock: Clock | None) -> Backend:
        options = StoreOptions(consumer_group=self.settings.consumer_group, logger=self.logger)
        try:
            return backend_for(self.settings.url, clock, options)
        except ConfigurationError as error:
            raise self.settings.naming(error) from None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str | None = None, *, logger: Any = None, wait: float | None = 0.0, **settings: Any
    ) -> AsyncIterator[Self]:
        """Connect for the length of the block. `settings` are the fields of Settings; None means not given.

        A SQLite file that is not there is made; tables on a database server are made by workers and by
        `backstage migrate`, and until then what is asked raises StoreNotReadyError.
        `logger` is a structlog logger in place of the one that the settings describe. `wait` is the seconds to go on
        trying while the store does not answer; None: for ever.
        Raises ConfigurationError, and StorageUnavailableError when the store cannot be reached.
        """
        container = cls(Settings.load(url=url, **settings), logger=logger)
        await StoreOpening(container.start, wait, container.chance, container.logger).run()
        try:
            yield container
        finally:
            await container.close()

    async def start(self, opening: Opening = Opening.PRODUCE) -> None:
        """Connect; raises what Backend.open raises, and then everything is freed again.

        `opening` says what may be made of a store that is not there or not up to date; the setting `migrate` may
        forbid it.
        """
        try:
            await self.backend.open(opening if self.settings.migrate else without_migrating(opening))
        except BaseException as error:
            await self.backend.close()
            if isinstance(error, ConfigurationError):
                raise self.settings.naming(error) from error.__cause__
            raise

    async def close(self) -> None:
        """Free everything; safe to call twice."""
        await self.backend.close()


def _otel_trace() -> TaskTrace:
    with needing("otel", "otel"):
        from backstage.infra.otel_trace import OtelTrace  # noqa: PLC0415 - for those who want traces
    return OtelTrace()
