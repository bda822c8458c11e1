"""Background duties: each is a named loop that logs its errors and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from backstage.domain.errors import StorageError
from backstage.domain.ports.chance import Chance
from backstage.worker import log_events
from backstage.worker.error_backoff import ErrorBackoff
from backstage.worker.loop_health import LoopHealths


async def every(
    interval: float,
    name: str,
    turn: Callable[[], Awaitable[object]],
    chance: Chance,
    logger: Any,
    healths: LoopHealths,
    begin: asyncio.Event | None = None,
) -> None:
    """Call `turn` at once, or when told to `begin`, and then each `interval` seconds, up to a tenth sooner so that
    workers spread out."""
    health = healths.of(name, interval)
    if begin is not None:
        await begin.wait()
    while True:
        try:
            await turn()
            health.turned()
        except StorageError as error:
            health.failed(error)
            logger.warning(log_events.LOOP_FAILED, loop=name, error=str(error))
        except Exception as error:
            health.failed(error)
            logger.exception(log_events.LOOP_FAILED, loop=name)
        await asyncio.sleep(interval * (1.0 - 0.1 * chance.random()))


async def kept_up(
    name: str,
    loop: Callable[[], Awaitable[None]],
    backoff: ErrorBackoff,
    logger: Any,
    healths: LoopHealths | None = None,
) -> None:
    """Run an endless loop, and run it again after an error."""
    health = (healths or LoopHealths()).of(name)
    while True:
        try:
            await loop()
        except StorageError as error:
            health.failed(error)
            logger.warning(log_events.LOOP_FAILED, loop=name, error=str(error))
        except Exception as error:
            health.failed(error)
            logger.exception(log_events.LOOP_FAILED, loop=name)
        await backoff.wait()
