"""Runs bulk operations that were started and that nobody runs."""

from __future__ import annotations

import asyncio

from backstage.app.carry_on_bulk import CarryOnBulk

LOOK_EVERY = 5.0


class BulkLoop:
    def __init__(self, carry_on_bulk: CarryOnBulk) -> None:
        self._carry_on = carry_on_bulk

    async def run(self) -> None:
        while True:
            await self._carry_on()
            await asyncio.sleep(LOOK_EVERY)
