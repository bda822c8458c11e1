"""Asks the store for tasks whenever there is room for them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from backstage.domain.ports.task_queue import ClaimRequest, TaskQueue
from backstage.worker import log_events
from backstage.worker.runtime.error_backoff import ErrorBackoff
from backstage.worker.runtime.lookout import Lookout
from backstage.worker.runtime.loop_trouble import LoopTrouble
from backstage.worker.runtime.slots import Slots
from backstage.worker.watching.background_loop_health import LoopHealth

MAX_CLAIM = 1000
_POLL_UNHEARD = 1.0
"""Seconds between two looks at most while no hints arrive, or for a worker that stops when nothing is left, which no
hint tells: then polling is all there is."""


class Claimer:
    """Claims as much as there is room for, then waits: for a hint, for the next task to become due, or for the
    poll interval, whichever is first. Polling is the truth; hints only shorten the wait."""

    def __init__(
        self,
        *,
        queue: TaskQueue,
        request: ClaimRequest,
        slots: Slots,
        on_nothing_due: Callable[[], Awaitable[None]] | None,
        poll_interval: float,
        backoff: ErrorBackoff,
        hint: asyncio.Event,
        lookout: Lookout,
        health: LoopHealth,
        logger: Any,
    ) -> None:
        """`request` is asked with as much as there is room for; `hint` is set by others when there may be work, or room
        for it."""
        self._queue = queue
        self._request = request
        self._slots = slots
        self._on_nothing_due = on_nothing_due
        self._poll_interval = poll_interval
        self._backoff = backoff
        self._hint = hint
        self._lookout = lookout
        self._health = health
        self._trouble = LoopTrouble(log_events.CLAIM_FAILED, health, logger)
        self.has_asked = asyncio.Event()
        """Set once the store has answered for the first time, if only with an error."""
        self._is_stopping = False
        self._has_lost_a_reply = False

    def stop(self) -> None:
        """Claim no more. A claim that is under way is not cut off: it may be bringing tasks."""
        self._is_stopping = True
        self._hint.set()

    async def run(self) -> None:
        """Return after `stop`."""
        await self._until_stopped()
        if self._has_lost_a_reply:
            with contextlib.suppress(Exception):  # whatever the store answers: else their leases run out
                await self._take_up_lost_claims(asyncio.get_running_loop().time())

    async def _until_stopped(self) -> None:
        while not self._is_stopping:
            self._hint.clear()
            room = min(self._slots.room(), MAX_CLAIM)
            if room <= 0:
                await self._hint.wait()
                continue
            try:
                wait = await self._claim(room)
            except Exception as error:
                self._has_lost_a_reply = True
                self._trouble.failed(error)
                await self._backoff.wait()
            else:
                self._end_trouble()
                await self._until_hint(wait)

    async def _claim(self, room: int) -> float:
        """Claim once; return the seconds to wait before the next time."""
        asked_at = asyncio.get_running_loop().time()
        if self._has_lost_a_reply:
            await self._take_up_lost_claims(asked_at)
            room = min(self._slots.room(), room)
            if room <= 0:
                return 0.0
        self._lookout.begins_a_claim()
        request = replace(self._request, limit=room)
        try:
            claimed = await self._queue.claim(request)
        finally:
            self.has_asked.set()
        if claimed.tasks:
            self._slots.start(claimed.tasks, asked_at + request.lease)
        if claimed.undecodable:
            self._slots.report.undecodable(claimed.undecodable)
        self._lookout.ended_a_claim(room, len(claimed.tasks))
        if len(claimed.tasks) == room:
            return 0.0
        if self._on_nothing_due is not None and not claimed.tasks and not claimed.undecodable:
            await self._on_nothing_due()
        hears_all_it_waits_for = self._lookout.is_called and self._on_nothing_due is None
        longest = self._poll_interval if hears_all_it_waits_for else min(self._poll_interval, _POLL_UNHEARD)
        due_in = claimed.next_due_in
        if due_in is None or (due_in > 0 and not self._lookout.awaits(due_in)):
            return longest
        return min(longest, due_in)

    def _end_trouble(self) -> None:
        if self._trouble.failures:
            self._backoff.reset()
            self._trouble.turned()
        else:
            self._health.at = time.monotonic()

    async def _take_up_lost_claims(self, asked_at: float) -> None:
        """A claim whose reply was lost may have leased tasks to us that we know nothing of."""
        known_before = {(each.task.id, each.task.fence) for each in self._slots.held.snapshot()}
        ours = await self._queue.held_by(self._request.worker_id)
        held = self._slots.held
        unknown = [task for task in ours if (task.id, task.fence) not in known_before and not held.knows(task)]
        self._has_lost_a_reply = False
        if unknown:
            self._slots.start(
                unknown, asked_at + self._request.lease / 2
            )  # claimed at some moment before; the keeper renews

    async def _until_hint(self, seconds: float) -> None:
        if seconds <= 0 or self._hint.is_set():
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hint.wait()
