"""The composition root: what each part is and what it is given, with a provider for each."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.container import Container
from backstage.infra.deferred_wiring import deferred_wiring
from backstage.infra.making_parts import new_backend, new_logger_of, new_trace
from backstage.infra.parts import Parts
from backstage.infra.settings.settings import Settings
from backstage.infra.uuid7_ids import Uuid7Ids

with deferred_wiring():
    from dependency_injector import containers, providers

if TYPE_CHECKING:
    from dependency_injector.providers import Provider

    from backstage.domain.ports.backend import Backend
    from backstage.domain.ports.clock import Clock


def _given_clock(clock: Provider[Clock]) -> Clock | None:
    """The clock that was put in place of the store's; None: the store has its own."""
    return clock() if clock.overridden else None


def _clock_of(backend: Backend) -> Clock:
    return backend.clock


class Composition(containers.DeclarativeContainer):
    """Every part as a provider: made when it is first asked for, once, and replaced by `override` before that.

    `backstage` is the façade with the use cases, which is what everybody holds. A test overrides what it wants to
    decide: `Composition(clock=FakeClock())`, or `composition.clock.override(FakeClock())`.
    """

    settings = providers.ThreadSafeSingleton(Settings.load)
    logger = providers.ThreadSafeSingleton(new_logger_of, settings)
    clock = providers.ThreadSafeSingleton(_clock_of)
    backend = providers.ThreadSafeSingleton(
        new_backend, settings, providers.Callable(_given_clock, clock.provider), logger
    )
    clock.add_args(backend)  # the store's own clock, unless another was put in its place
    ids = providers.ThreadSafeSingleton(Uuid7Ids)
    chance = providers.ThreadSafeSingleton(random.Random)
    events = providers.ThreadSafeSingleton(BlinkerEventBus, logger)
    trace = providers.ThreadSafeSingleton(new_trace, settings)
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
