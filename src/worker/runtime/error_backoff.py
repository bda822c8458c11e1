"""How a background loop waits after an error: longer each time, up to a cap, and not in step with others."""

from __future__ import annotations

import asyncio

from backstage.domain.backoff import Backoff
from backstage.domain.ports.chance import Chance

_BACKOFF = Backoff.exponential(0.1, cap=5.0, jitter=0.5)


class ErrorBackoff:
    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._errors = 0

    def another(self) -> ErrorBackoff:
        """For a trouble of its own."""
        return ErrorBackoff(self._chance)

    async def wait(self) -> None:
        self._errors += 1
        await asyncio.sleep(_BACKOFF.delay(self._errors, self._chance.random()))

    def reset(self) -> None:
        self._errors = 0
