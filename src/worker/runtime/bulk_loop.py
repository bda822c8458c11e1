"""Runs bulk operations that were started and that nobody runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from backstage.worker.runtime.sign import Sign

LOOK_EVERY = 10.0


class BulkLoop:
    def __init__(self, carry_on_bulk: Callable[[], Awaitable[None]], sign: Sign) -> None:
        self._carry_on, self._sign = sign.heeding(carry_on_bulk), sign

    async def run(self) -> None:
        while True:
            await self._carry_on()
            await asyncio.sleep(LOOK_EVERY)
            await self._sign.wait()
