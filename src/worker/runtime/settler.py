"""Writes how tasks ended: everything that ended since its last round trip, in one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from backstage.domain.errors import StorageRefusedError
from backstage.domain.outcome import Outcome
from backstage.domain.portions import portion
from backstage.domain.ports.task_queue import TaskQueue
from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from backstage.worker.runtime.error_backoff import ErrorBackoff
from backstage.worker.runtime.loop_trouble import LoopTrouble
from backstage.worker.runtime.refusals import Refusals, may_be_of_the_data
from backstage.worker.watching.background_loop_health import LoopHealth

MAX_BATCH = 1000
Settled = Callable[[Sequence[Outcome], Sequence[TaskState | None]], None]
"""Told of outcomes and of the state the store answered for each; None: it was refused as stale."""
InPlaceOf = Callable[[Outcome, str], Outcome | None]
"""Given an outcome that the store will never take and what is wrong with it, returns what is to be settled instead."""

_size = attrgetter("size")


class Settler:
    """No delay is added when idle: the first outcome goes at once, those that end meanwhile go together next.

    An outcome stays here until the store has answered it. While the store fails, a batch is sent again: settling is
    idempotent. A batch that fails although the store works is halved until the outcome that is to blame is alone;
    that one is tried apart from the others, and replaced by a failed attempt when `refusals.py` has decided so.
    """

    def __init__(
        self,
        queue: TaskQueue,
        on_settled: Settled,
        in_place_of: InPlaceOf,
        lease: float,
        backoff: ErrorBackoff,
        health: LoopHealth,
        logger: Any,
    ) -> None:
        self._queue = queue
        self._trouble = LoopTrouble(log_events.SETTLE_FAILED, health, logger)
        self._on_settled = on_settled
        self._in_place_of = in_place_of
        self._lease = lease
        self._backoff = backoff
        self._logger = logger
        self._waiting: list[Outcome] = []
        self._most = MAX_BATCH
        self._alone: set[asyncio.Task[None]] = set()
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
        return len(self._waiting) + len(self._alone)

    def waiting(self) -> list[Outcome]:
        """What the store has not taken yet; may be called from any thread."""
        return [*self._waiting]

    async def drained(self) -> None:
        """Return once everything submitted is settled."""
        await self._empty.wait()

    async def run(self) -> None:
        """Settle until cancelled."""
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                while self._waiting:
                    await self._settle(self._waiting[: portion(self._waiting, _size, self._most)])
                self._set_if_empty()
        except asyncio.CancelledError:
            for each in self._alone:
                each.cancel()
            raise

    async def _settle(self, batch: list[Outcome]) -> None:
        """Settle the first of those that wait."""
        try:
            states = await self._queue.settle(batch)
        except Exception as error:
            self._trouble.failed(error, outcomes=len(batch))
            if not await self._is_to_blame(batch, error):
                await self._backoff.wait()
            elif len(batch) > 1:
                self._most = len(batch) // 2
            else:
                del self._waiting[0]
                self._begin_alone(batch[0], error)
        else:
            del self._waiting[: len(batch)]
            self._most = min(2 * self._most, MAX_BATCH)
            self._backoff.reset()
            self._trouble.turned()
            self._on_settled(batch, states)

    async def _is_to_blame(self, batch: Sequence[Outcome], error: Exception) -> bool:
        """Whether the store works, so that something in the batch must be wrong."""
        if isinstance(error, StorageRefusedError):
            return True
        if not may_be_of_the_data(error, sum(outcome.size for outcome in batch)):
            return False
        try:
            await self._queue.renew({batch[0].task_id: batch[0].fence}, self._lease)  # a write that harms nobody
        except Exception:
            return False
        return True

    # -- one that fails alone ----------------------------------------------------------------------

    def _begin_alone(self, outcome: Outcome, error: Exception) -> None:
        alone = asyncio.create_task(self._settle_alone(outcome, error), name=f"backstage-settler-{outcome.task_id}")
        self._alone.add(alone)
        alone.add_done_callback(self._ended_alone)

    def _ended_alone(self, alone: asyncio.Task[None]) -> None:
        self._alone.discard(alone)
        self._set_if_empty()

    def _set_if_empty(self) -> None:
        if not self._waiting and not self._alone:
            self._empty.set()

    async def _settle_alone(self, outcome: Outcome, error: Exception) -> None:
        """Until the store has taken it, or what stands in for it."""
        backoff = self._backoff.another()
        refusals = Refusals(outcome, self._lease)
        is_replaced = outcome.result_json is None and not outcome.next_tasks  # then nothing of it can be left out
        while True:
            if not is_replaced and refusals.are_final_with(error):
                outcome, is_replaced = self._replaced(outcome, error), True
            await backoff.wait()
            try:
                states = await self._queue.settle([outcome])
            except Exception as again:
                self._trouble.failed(again, outcomes=1)
                if not await self._is_to_blame([outcome], again):
                    refusals.forget()
                error = again
            else:
                self._trouble.turned()
                self._on_settled([outcome], states)
                return

    def _replaced(self, outcome: Outcome, error: Exception) -> Outcome:
        problem = f"the store does not accept the result of the handler ({outcome.size} bytes): {error}"
        instead = self._in_place_of(outcome, problem)
        if instead is None:
            return outcome
        self._logger.error(log_events.OUTCOME_TOO_MUCH, task_id=outcome.task_id, size=outcome.size, error=str(error))
        return instead
