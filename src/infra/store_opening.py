"""Opening a store whose server may not be there yet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from backstage.domain.backoff import Backoff
from backstage.domain.errors import StorageUnavailableError
from backstage.domain.ports.chance import Chance
from backstage.infra.log_events import STORE_UNAVAILABLE

_PAUSE = Backoff.exponential(0.25, cap=5.0, jitter=0.5)


class StoreOpening:
    """Tries until the store answers, ever more slowly up to a cap; each try that failed is a line of the log.

    `connect` raises StorageUnavailableError while nobody answers, the one error that another try can mend. `patience`
    is the seconds after which that error is the answer; None: never.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[None]], patience: float | None, chance: Chance, logger: Any
    ) -> None:
        self._connect, self._patience = connect, patience
        self._chance, self._logger = chance, logger
        self._given_up = asyncio.Event()

    async def run(self) -> bool:
        """Return whether the store is open: not, if `give_up` was called before. Raises what `connect` raised."""
        trying = asyncio.ensure_future(self._try_until_open())
        giving_up = asyncio.ensure_future(self._given_up.wait())
        try:
            await asyncio.wait([trying, giving_up], return_when=asyncio.FIRST_COMPLETED)
            if trying.done():
                trying.result()
                return True
            return False
        finally:
            for each in (trying, giving_up):
                each.cancel()
            await asyncio.gather(trying, giving_up, return_exceptions=True)

    def give_up(self) -> None:
        """End `run` at once. May be called at any time, and again."""
        self._given_up.set()

    async def _try_until_open(self) -> None:
        now = asyncio.get_running_loop().time
        begun, failures = now(), 0
        while True:
            try:
                return await self._connect()
            except StorageUnavailableError as error:
                failures += 1
                pause = _PAUSE.delay(failures, self._chance.random())
                if self._patience is not None:
                    left = begun + self._patience - now()
                    if left <= 0:
                        raise
                    pause = min(pause, left)
                self._logger.warning(STORE_UNAVAILABLE, error=str(error), retry_in=round(pause, 3))
            await asyncio.sleep(pause)
