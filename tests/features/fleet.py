"""Several workers on one store, as several processes have them."""

from __future__ import annotations

from typing import Any

from backstage import Worker
from tests.worker.workers import Workers, memory


class Fleet:
    def __init__(self, url: str) -> None:
        self._workers = Workers(url)
        self._memory = memory() if url == "memory://" else None

    def new(self, **options: Any) -> Worker:
        if self._memory is not None:
            return self._workers.over(self._memory, **options)
        return self._workers.new(**options)

    async def stop(self) -> None:
        await self._workers.stop()
