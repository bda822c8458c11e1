"""Keeps the leases of running tasks alive and brings back what the store says of them (decision 0006)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from backstage.domain.errors import StorageUnavailableError
from backstage.domain.ports.task_queue import LeaseReport, TaskQueue
from backstage.worker import log_events
from backstage.worker.runtime.held_task import HeldTask, HeldTasks, StopReason
from backstage.worker.runtime.loop_trouble import LoopTrouble
from backstage.worker.watching.background_loop_health import LoopHealth

RENEW_AFTER = 1 / 3
"""Of a lease: what may pass before it is renewed; several more tries fit before it is given up."""
TURN = 1 / 12
"""Of a lease: the longest wait between two looks."""
CALL = 1 / 6
"""Of a lease: what one call to the store may take."""
FENCE_BEFORE = TURN + CALL
"""Of a lease: what was not renewed is given up this long before another worker may take it. A turn that ends
earlier than that leaves room for one whole turn more."""

StopRun = Callable[[HeldTask, StopReason], object]


class LeaseKeeper:
    """Runs beside the handlers, in a thread of its own, so that one that blocks the loop keeps its lease.

    Renews all leases when the first has spent a third; else asks, once in `control_interval` seconds, whether a
    held task is lost or to be cancelled. While nothing is held it looks once in a TURN, or when it is stirred, which is
    soon enough for the leases of what comes. It fences the worker itself: see FENCE_BEFORE (Gray and Cheriton,
    "Leases", 1989: the holder must stop earlier than the grantor).
    """

    def __init__(
        self,
        held: HeldTasks,
        busy: asyncio.Event,
        open_queue: Callable[[], AbstractAsyncContextManager[TaskQueue]],
        *,
        lease: float,
        control_interval: float,
        stop_run: StopRun,
        health: LoopHealth,
        logger: Any,
    ) -> None:
        """`busy` is set on the loop of the handlers before a task is held, and as long as one is."""
        self._held, self._busy = held, busy
        self._open_queue = open_queue
        self._lease = lease
        self._interval, self._rest = min(control_interval, lease * TURN), lease * TURN
        self._resting: asyncio.Future[bool] | None = None
        self._stop_run = stop_run
        self._trouble = LoopTrouble(log_events.LEASE_RENEWAL_FAILED, health, logger)

    async def run(self) -> None:
        """Keep leases until cancelled."""
        while True:
            try:
                async with self._open_queue() as queue:
                    while True:
                        await self._wait()
                        await self._turn(queue)
            except Exception as error:
                self._trouble.failed(error, tasks=len(self._held))
            self._fence_off(self._held.snapshot())
            await asyncio.sleep(self._interval)

    def stir(self) -> None:
        """To be called on the loop of the handlers soon after `busy` was set."""
        resting = self._resting
        if resting is not None:
            with contextlib.suppress(RuntimeError):  # its loop has ended
                resting.get_loop().call_soon_threadsafe(_end, resting, True)

    async def _wait(self) -> None:
        """For the next turn, no longer than a TURN."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        self._resting = resting = loop.create_future()  # made before the look at `busy`, or who stirs would miss it
        if self._busy.is_set() or await self._is_stirred(resting):
            self._resting = None
            await asyncio.sleep(min(self._interval, self._rest - (loop.time() - begun)))
        self._resting = None

    async def _is_stirred(self, resting: asyncio.Future[bool]) -> bool:
        timer = asyncio.get_running_loop().call_later(self._rest, _end, resting, False)
        try:
            return await resting
        finally:
            timer.cancel()

    async def _turn(self, queue: TaskQueue) -> None:
        held = self._held.snapshot()
        if not held:
            return
        now = asyncio.get_running_loop().time()
        fences = {each.task.id: each.task.fence for each in held}
        try:
            if min(each.lease_end for each in held) - now > self._lease * (1 - RENEW_AFTER):
                report = await self._bounded(queue.inspect(fences))
            else:
                report = await self._bounded(queue.renew(fences, self._lease))
                for each in held:
                    each.lease_end = now + self._lease  # of those answered as lost, the next line disposes
        except Exception as error:
            self._trouble.failed(error, tasks=len(held))
        else:
            self._trouble.turned()
            self._pass_on(held, report)
        self._fence_off(held)

    async def _bounded(self, asking: Any) -> LeaseReport:
        try:
            async with asyncio.timeout(self._lease * CALL):
                report: LeaseReport = await asking
                return report
        except TimeoutError:
            raise StorageUnavailableError("the store did not report in time") from None

    def _pass_on(self, held: list[HeldTask], report: LeaseReport) -> None:
        for each in held:
            if each.task.id in report.lost:
                self._stop_run(each, StopReason.LEASE_LOST)
            elif each.task.id in report.cancel_requested:
                self._stop_run(each, StopReason.CANCEL_REQUESTED)

    def _fence_off(self, held: list[HeldTask]) -> None:
        latest = asyncio.get_running_loop().time() + self._lease * FENCE_BEFORE
        for each in held:
            if each.lease_end < latest:
                self._stop_run(each, StopReason.LEASE_LOST)


def _end(resting: asyncio.Future[bool], is_stirred: bool) -> None:
    if not resting.done():
        resting.set_result(is_stirred)
