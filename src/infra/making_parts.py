"""How each part of a Container is made, and what it is given."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from backstage.domain.errors import ConfigurationError
from backstage.domain.extras import needing
from backstage.infra.backends import MAKERS, scheme_of
from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.parts import Parts
from backstage.infra.settings.settings import Settings
from backstage.infra.store_options import StoreOptions
from backstage.infra.structured_logging import new_logger
from backstage.infra.uuid7_ids import Uuid7Ids

if TYPE_CHECKING:
    from backstage.domain.ports.backend import Backend
    from backstage.domain.ports.chance import Chance
    from backstage.domain.ports.clock import Clock
    from backstage.domain.ports.event_bus import EventBus
    from backstage.domain.ports.ids import Ids
    from backstage.domain.ports.task_trace import TaskTrace


def parts_of(
    *,
    settings: Settings | None = None,
    logger: Any = None,
    clock: Clock | None = None,
    backend: Backend | None = None,
    events: EventBus | None = None,
    ids: Ids | None = None,
    chance: Chance | None = None,
) -> Parts:
    """What is not given is made, as `Composition` makes it for those who load the container library. Raises
    ConfigurationError."""
    settings = Settings.load() if settings is None else settings
    logger = new_logger_of(settings) if logger is None else logger
    return Parts(
        settings=settings,
        logger=logger,
        backend=new_backend(settings, clock, logger) if backend is None else backend,
        events=BlinkerEventBus(logger) if events is None else events,
        ids=Uuid7Ids() if ids is None else ids,
        chance=random.Random() if chance is None else chance,  # noqa: S311 - spreads retries, keeps no secret
        trace=new_trace(settings),
    )


def new_logger_of(settings: Settings) -> Any:
    return new_logger(level=settings.log_level, log_format=settings.log_format, silent=settings.silent)


def new_trace(settings: Settings) -> TaskTrace | None:
    if not settings.otel:
        return None
    with needing("otel", "otel"):
        from backstage.infra.otel_trace import OtelTrace  # noqa: PLC0415 - for those who want traces
    return OtelTrace()


def new_backend(settings: Settings, clock: Clock | None, logger: Any) -> Backend:
    """The one store that the URL means: the others are neither imported nor made. `clock` is one in place of the
    store's own."""
    try:
        make = MAKERS[scheme_of(settings.url)]
        return make(settings.url, clock, StoreOptions(consumer_group=settings.consumer_group, logger=logger))
    except ConfigurationError as error:
        raise settings.naming(error) from None
