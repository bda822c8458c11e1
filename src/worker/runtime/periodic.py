"""Background duties: each is a named loop that logs its errors and goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from backstage.domain.ports.chance import Chance
from backstage.worker import log_events
from backstage.worker.runtime.error_backoff import ErrorBackoff
from backstage.worker.runtime.loop_trouble import LoopTrouble
from backstage.worker.runtime.rest import Rest
from backstage.worker.watching.background_loop_health import RECENTLY, LoopHealths


async def every(
    interval: float,
    name: str,
    turn: Callable[[], Awaitable[object]],
    chance: Chance,
    logger: Any,
    healths: LoopHealths,
    begin: asyncio.Event | None = None,
    rest: Rest | None = None,
) -> None:
    """Call `turn` at once, or when told to `begin`, and then each `interval` seconds, up to a tenth sooner so that
    workers spread out. After each interval it rests as long as there is nothing to do for it."""
    health = healths.of(name, interval)
    trouble = LoopTrouble(log_events.LOOP_FAILED, health, logger)
    if begin is not None:
        await begin.wait()
    while True:
        try:
            await turn()
            trouble.turned()
        except Exception as error:
            trouble.failed(error, loop=name)
        await asyncio.sleep(interval * (1.0 - 0.1 * chance.random()))
        if rest is not None and not rest.is_over:
            health.interval = rest.longest
            await rest.wait()
            health.at, health.interval = time.monotonic(), interval


async def kept_up(
    name: str,
    loop: Callable[[], Awaitable[None]],
    backoff: ErrorBackoff,
    logger: Any,
    healths: LoopHealths | None = None,
) -> None:
    """Run an endless loop, and run it again after an error. It works again once it has run for RECENTLY."""
    trouble = LoopTrouble(log_events.LOOP_FAILED, (healths or LoopHealths()).of(name), logger)
    while True:
        lasting = asyncio.get_running_loop().call_later(RECENTLY, trouble.turned)
        try:
            await loop()
        except Exception as error:
            trouble.failed(error, loop=name)
        finally:
            lasting.cancel()
        await backoff.wait()
