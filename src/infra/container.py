from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self, Unpack

from backstage.app.use_cases import UseCases
from backstage.domain.errors import ConfigurationError
from backstage.domain.opening import Opening, without_migrating
from backstage.infra.settings.lazy_settings import load_settings
from backstage.infra.settings.setting_options import SettingOptions
from backstage.infra.store_opening import StoreOpening
from backstage.infra.typed_payload import encode_typed_payload
from backstage.infra.typed_result import read_typed_result

if TYPE_CHECKING:
    from backstage.domain.configuration import Configuration
    from backstage.domain.ports.backend import Backend
    from backstage.domain.ports.chance import Chance
    from backstage.domain.ports.clock import Clock
    from backstage.domain.ports.event_bus import EventBus
    from backstage.domain.ports.ids import Ids
    from backstage.infra.parts import Parts
    from backstage.infra.settings.settings import Settings


class Container(UseCases):
    """Every use case, on one store, for code that awaits.

    `async with Container.open("sqlite:///backstage.db") as backstage:` is the usual way. An object that owns a
    container makes it and calls `start` and `close`; nothing is connected before `start`. `backend`, `clock`,
    `ids`, `chance`, `logger` and `events` are given by tests and by applications that have their own. A
    composition root gives all of them as `parts`.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        backend: Backend | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        chance: Chance | None = None,
        logger: Any = None,
        events: EventBus | None = None,
        parts: Parts | None = None,
    ) -> None:
        """Without `settings` they are loaded. Raises ConfigurationError."""
        parts = parts or _made(
            settings=settings, backend=backend, clock=clock, ids=ids, chance=chance, logger=logger, events=events
        )
        self.settings = parts.settings
        self.logger = parts.logger
        self.chance = parts.chance
        super().__init__(parts.backend, parts.events, parts.ids, parts.trace, encode_typed_payload, read_typed_result)
        self.configuration = self._configured

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str | None = None, *, logger: Any = None, wait: float | None = 0.0, **settings: Unpack[SettingOptions]
    ) -> AsyncIterator[Self]:
        """Connect for the length of the block. `settings` are the fields of Settings; None means not given.

        A SQLite file that is not there is made; tables on a database server are made by workers and by
        `backstage migrate`, and until then what is asked raises StoreNotReadyError.
        `logger` is a structlog logger in place of the one that the settings describe. `wait` is the seconds to go on
        trying while the store does not answer; None: for ever.
        Raises ConfigurationError, and StorageUnavailableError when the store cannot be reached.
        """
        container = cls(load_settings(url=url, **settings), logger=logger)
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

    def _configured(self) -> Configuration:
        from backstage.infra.settings.configuration_of import configuration_of  # noqa: PLC0415 - only people ask

        return configuration_of(self.settings)

    async def close(self) -> None:
        """Free everything; safe to call twice."""
        await self.backend.close()


def _made(**given: Any) -> Parts:
    if isinstance(given["settings"], str):
        raise ConfigurationError("settings", "is a string: name a store by `Container.open(url)`")
    from backstage.infra.making_parts import parts_of  # noqa: PLC0415 - takes longer to load than all of ours

    return parts_of(**given)
