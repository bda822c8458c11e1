"""How a worker ends what it still holds: the grace period, the cancellation, and what is given back."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from backstage.domain.ports.backend import Backend
from backstage.worker import log_events
from backstage.worker.runtime.held_task import HeldTask, StopReason
from backstage.worker.runtime.slots import Slots
from backstage.worker.worker_options import WorkerOptions

CANCEL_GRACE = 1.0
"""Seconds that cancelled handlers have to end before their tasks are given back without them."""


class Shutdown:
    def __init__(self, slots: Slots, options: WorkerOptions, logger: Any) -> None:
        self._slots, self._options, self._logger = slots, options, logger

    async def finish(self, hurry: asyncio.Event) -> None:
        """Let running tasks end within the grace period, or until `hurry`; then cancel them and give them back."""
        await self._grace(hurry)
        await self._cancel(StopReason.SHUTDOWN)
        settler = self._slots.settler
        for held in self._unfinished():
            self._logger.error(log_events.HANDLER_STUCK, task_id=held.task.id, type=held.task.type)
            # The fence keeps out whatever the handler still does.
            settler.submit(self._slots.given_back(held))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.lease):
                await settler.drained()

    async def abandon(self) -> None:
        """Cancel what runs; nothing can be given back to a store that is not there."""
        await self._cancel(StopReason.LEASE_LOST)

    async def give_back_elsewhere(self, backend: Backend) -> None:
        """Give the store all that is held, on another loop than the worker's, which is blocked: the ends that it has
        not taken, and everything else as not run."""
        slots = self._slots
        ended = {(each.task_id, each.fence): each for each in slots.settler.waiting()}
        held = slots.held.snapshot()
        outcomes = [ended.get((each.task.id, each.task.fence)) or slots.given_back(each) for each in held]
        async with backend.lease_queue() as queue:
            await queue.settle(outcomes)

    async def _grace(self, hurry: asyncio.Event) -> None:
        if not self._slots.runs:
            return
        hurried = asyncio.create_task(hurry.wait())
        ended = asyncio.create_task(asyncio.wait(self._slots.runs))
        await asyncio.wait([hurried, ended], timeout=self._options.grace_period, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        ended.cancel()
        await asyncio.gather(hurried, ended, return_exceptions=True)

    async def _cancel(self, reason: StopReason) -> None:
        for held in self._unfinished():
            held.stop(reason)
        if self._slots.runs:
            await asyncio.wait(self._slots.runs, timeout=CANCEL_GRACE)

    def _unfinished(self) -> list[HeldTask]:
        return [held for held in self._slots.held.snapshot() if held.run is not None and not held.run.done()]
