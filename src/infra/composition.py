"""The composition root: the one place that says what each part is and what it is given."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from backstage.domain.errors import ConfigurationError
from backstage.domain.extras import needing
from backstage.infra.backends import MAKERS, Maker, scheme_of
from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.container import Container
from backstage.infra.deferred_wiring import deferred_wiring
from backstage.infra.parts import Parts
from backstage.infra.settings.settings import Settings
from backstage.infra.store_options import StoreOptions
from backstage.infra.structured_logging import new_logger
from backstage.infra.uuid7_ids import Uuid7Ids

with deferred_wiring():
    from dependency_injector import containers, providers

if TYPE_CHECKING:
    from dependency_injector.providers import Provider

    from backstage.domain.ports.backend import Backend
    from backstage.domain.ports.clock import Clock
    from backstage.domain.ports.task_trace import TaskTrace


def _logger(settings: Settings) -> Any:
    return new_logger(level=settings.log_level, log_format=settings.log_format, silent=settings.silent)


def _trace(settings: Settings) -> TaskTrace | None:
    if not settings.otel:
        return None
    with needing("otel", "otel"):
        from backstage.infra.otel_trace import OtelTrace  # noqa: PLC0415 - for those who want traces
    return OtelTrace()


def _scheme(settings: Settings) -> str:
    try:
        return scheme_of(settings.url)
    except ConfigurationError as error:
        raise settings.naming(error) from None


def _made(make: Maker, settings: Settings, clock: Clock | None, logger: Any) -> Backend:
    try:
        return make(settings.url, clock, StoreOptions(consumer_group=settings.consumer_group, logger=logger))
    except ConfigurationError as error:
        raise settings.naming(error) from None


def _given_clock(clock: Provider[Clock]) -> Clock | None:
    """The clock that was put in place of the store's; None: the store has its own."""
    return clock() if clock.overridden else None


def _chosen(settings: Provider[Settings], clock: Provider[Clock | None], logger: Provider[Any]) -> providers.Selector:
    """Gives the one store that the URL means: the others are neither imported nor made."""
    stores = {
        scheme: providers.ThreadSafeSingleton(_made, make, settings, clock, logger) for scheme, make in MAKERS.items()
    }
    return providers.Selector(providers.Callable(_scheme, settings), **stores)


def _clock_of(backend: Backend) -> Clock:
    return backend.clock


class Composition(containers.DeclarativeContainer):
    """Every part as a provider: made when it is first asked for, once, and replaced by `override` before that.

    `backstage` is the façade with the use cases, which is what everybody holds. A test overrides what it wants to
    decide: `Composition(clock=FakeClock())`, or `composition.clock.override(FakeClock())`.
    """

    settings = providers.ThreadSafeSingleton(Settings.load)
    logger = providers.ThreadSafeSingleton(_logger, settings)
    clock = providers.ThreadSafeSingleton(_clock_of)
    backend = _chosen(settings, providers.Callable(_given_clock, clock.provider), logger)
    clock.add_args(backend)  # the store's own clock, unless another was put in its place
    ids = providers.ThreadSafeSingleton(Uuid7Ids)
    chance = providers.ThreadSafeSingleton(random.Random)
    events = providers.ThreadSafeSingleton(BlinkerEventBus, logger)
    trace = providers.ThreadSafeSingleton(_trace, settings)
    parts = providers.ThreadSafeSingleton(
        Parts,
        settings=settings,
        logger=logger,
        backend=backend,
        events=events,
        ids=ids,
        chance=chance,
        trace=trace,
    )
    backstage = providers.ThreadSafeSingleton(Container, parts=parts)
