"""Writes how tasks ended: everything that ended since its last round trip, in one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from backstage.domain.errors import StorageError
from backstage.domain.outcome import Outcome
from backstage.domain.ports.task_queue import TaskQueue
from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from backstage.worker.error_backoff import ErrorBackoff
from backstage.worker.loop_health import LoopHealth
from backstage.worker.loop_trouble import LoopTrouble

MAX_BATCH = 1000
Settled = Callable[[Sequence[Outcome], Sequence[TaskState | None]], None]
"""Told of outcomes and of the state the store answered for each; None: it was refused as stale."""


class Settler:
    """No delay is added when idle: the first outcome goes at once, those that end meanwhile go together next."""

    def __init__(
        self, queue: TaskQueue, on_settled: Settled, backoff: ErrorBackoff, health: LoopHealth, logger: Any
    ) -> None:
        self._queue = queue
        self._trouble = LoopTrouble(log_events.SETTLE_FAILED, health, logger)
        self._on_settled = on_settled
        self._backoff = backoff
        self._waiting: list[Outcome] = []
        self._work = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def submit(self, outcome: Outcome) -> None:
        if not self._waiting:
            self._empty.clear()
            self._work.set()
        self._waiting.append(outcome)

    @property
    def backlog(self) -> int:
        return len(self._waiting)

    async def drained(self) -> None:
        """Return once everything submitted is settled."""
        await self._empty.wait()

    async def run(self) -> None:
        """Settle until cancelled. A batch the store did not take is sent again: settling is idempotent."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._waiting:
                batch = self._waiting[:MAX_BATCH]
                await self._settle(batch)
                del self._waiting[: len(batch)]
            self._empty.set()

    async def _settle(self, batch: list[Outcome]) -> None:
        while True:
            try:
                states = await self._queue.settle(batch)
            except StorageError as error:
                self._trouble.failed(error, outcomes=len(batch))
                await self._backoff.wait()
            except Exception as error:
                self._trouble.failed(error, outcomes=len(batch))
                if len(batch) == 1:
                    self._on_settled(batch, (None,))  # its lease will run out; the others must not wait for it
                    return
                for outcome in batch:
                    await self._settle([outcome])
                return
            else:
                self._backoff.reset()
                self._trouble.turned()
                self._on_settled(batch, states)
                return
