"""What runs tell beside their ends: what they emit, and the lines that they have logged."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any

from backstage.domain.errors import StorageRefusedError
from backstage.domain.event_log import MOST_AT_ONCE, MOST_EVENT_BYTES, NewEvent
from backstage.domain.portions import portion
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_events import TaskEvents
from backstage.domain.run_log import RunLog
from backstage.worker import log_events

GATHERED_FOR = 0.05
"""Seconds in which what all runs tell becomes one batch."""
MOST_WAITING = 2000
"""Events that are not stored yet, beyond which whoever emits has to wait."""

_size = attrgetter("size")
OnLost = Callable[[], None]


class RunReports:
    """Stores in batches, in the order in which it is told; a batch whose reply was lost is stored again, which changes
    nothing. An end waits until all that its run has told is stored, for then nothing more is taken under its fence."""

    def __init__(self, task_events: TaskEvents, clock: Clock, logger: Any) -> None:
        self._task_events, self._clock, self._logger = task_events, clock, logger
        self._events: deque[tuple[NewEvent, OnLost]] = deque()
        self._lines: list[RunLog] = []
        self._told, self._stored = [0, 0], [0, 0]
        """How many events, and how many logs."""
        self._waiting: list[tuple[list[int], asyncio.Future[None]]] = []
        self._is_something_told = asyncio.Event()
        self._is_hurried = asyncio.Event()
        self._writing = asyncio.Lock()

    def now(self) -> datetime:
        return self._clock.now()

    def tell(self, event: NewEvent, on_lost: OnLost) -> None:
        """Store the event soon. `on_lost` is called if its run no longer holds the task."""
        self._events.append((event, on_lost))
        self._told[0] += 1
        self._is_something_told.set()

    def keep(self, log: RunLog) -> None:
        self._lines.append(log)
        self._told[1] += 1
        self._is_something_told.set()

    @property
    def is_crowded(self) -> bool:
        return len(self._events) >= MOST_WAITING

    async def stored(self) -> None:
        """Return once all that was told until now is stored, or given up."""
        if self._stored == self._told:
            return
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((list(self._told), answer))
        self._is_hurried.set()
        await answer

    async def run(self) -> None:
        """Store until cancelled; raises what the store raises, and goes on with the same batch when it is run again."""
        while True:
            await self._is_something_told.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GATHERED_FOR):
                    await self._is_hurried.wait()
            self._is_hurried.clear()
            await self.flush()
            self._is_something_told.clear()

    async def flush(self) -> None:
        """Store all of it now."""
        async with self._writing:
            most = MOST_AT_ONCE
            while self._events or self._lines:
                if self._lines:
                    await self._keep_lines()
                if self._events:
                    most = await self._store_events(most)

    async def _store_events(self, most: int) -> int:
        """Store the first of those that wait; return how many to try next."""
        waiting = [event for event, _ in islice(self._events, most)]
        batch = waiting[: portion(waiting, _size, most, MOST_EVENT_BYTES)]
        try:
            lost = await self._task_events.append(batch)
        except StorageRefusedError as error:
            if len(batch) > 1:
                return 1  # one of them is to blame
            self._logger.error(log_events.EVENT_REFUSED, task_id=batch[0].task_id, error=str(error))
            lost = frozenset()
        for _ in batch:
            event, on_lost = self._events.popleft()
            if event.task_id in lost:
                on_lost()
        self._count(0, len(batch))
        return most

    async def _keep_lines(self) -> None:
        lines = self._lines[: portion(self._lines, lambda log: len(log.lines_json), MOST_AT_ONCE)]
        with contextlib.suppress(StorageRefusedError):
            await self._task_events.keep_lines(lines)
        del self._lines[: len(lines)]
        self._count(1, len(lines))

    def _count(self, place: int, stored: int) -> None:
        self._stored[place] += stored
        still_waiting = []
        for told, answer in self._waiting:
            if told[0] > self._stored[0] or told[1] > self._stored[1]:
                still_waiting.append((told, answer))
            elif not answer.done():
                answer.set_result(None)
        self._waiting = still_waiting
