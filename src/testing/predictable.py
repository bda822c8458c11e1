"""What is the same in every run of a test: the worker, ids and chance."""

from __future__ import annotations

from itertools import count

from backstage.domain.ports.clock import Clock
from backstage.infra.blinker_event_bus import BlinkerEventBus
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings
from backstage.infra.structured_logging import LogHandler, new_logger

WORKER_ID = "bench"
LEASE = 30.0
"""Seconds."""


class NumberedIds:
    """Ids that count: valid UUIDv7, and later ones sort later."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"01940000-0000-7000-8000-{next(self._numbers):012x}"


class NoJitter:
    """A Chance that takes nothing off a backoff's delay, so that a retry is due exactly when the formula says."""

    def random(self) -> float:
        return 0.0


def predictable_container(clock: Clock, log_handler: LogHandler) -> Container:
    """One on an empty memory store, which reads no environment variable and no file.

    What ends a test, as `pytest.fail` in a listener does, is let through.
    """
    logger = new_logger(level="debug", silent=True, log_handler=log_handler)
    return Container(
        settings=Settings.alone(url="memory://", worker_id=WORKER_ID, silent=True),
        clock=clock,
        ids=NumberedIds(),
        chance=NoJitter(),
        logger=logger,
        events=BlinkerEventBus(logger, passes=lambda error: not isinstance(error, Exception)),
    )
