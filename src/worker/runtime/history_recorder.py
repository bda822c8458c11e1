"""Tells the store what this worker ran, so that it is known when the tasks are pruned and the worker is gone."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

from backstage.domain.errors import StorageError
from backstage.domain.failure import Failure
from backstage.domain.history import MINUTE, HistoryPoint, floored
from backstage.domain.outcome import Outcome
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.run_history import HistoryBatch, RunHistory
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.worker import log_events
from backstage.worker.watching.counted_runs import CountedRuns, Lane, rows_of
from backstage.worker.watching.metrics import WorkerMetrics
from backstage.worker.watching.seen_failures import SeenFailures, is_new_for

PATIENCE = 5.0
"""Seconds that the last batch may take: a worker that stops waits for its tasks, and not for numbers."""


class HistoryRecorder:
    """A batch whose reply was lost is sent again as it was: the store adds it once."""

    def __init__(self, history: RunHistory, metrics: WorkerMetrics, clock: Clock, logger: Any) -> None:
        self._history, self._clock = history, clock
        self._logger = logger
        self._runs = CountedRuns(metrics)
        self._failures = SeenFailures()
        self._lost: Counter[tuple[Lane, TaskState]] = Counter()
        self._writer, self._number = uuid4().hex, 0
        self._unanswered: HistoryBatch | None = None

    def failed(self, task: Task, failure: Failure) -> None:
        """A run of the claimed task has failed."""
        self._failures.add(task, failure, self._clock.now(), is_first=is_new_for(task, failure))

    def reclaimed(self, task: Task, outcome: Outcome) -> None:
        """A run was lost with its worker, which can tell nothing. `task` is as it stands now."""
        if outcome.failure is not None:
            self._lost[(task.queue, task.type), task.state] += 1
            self._failures.add(task, outcome.failure, self._clock.now(), is_first=task.crashes == 1)

    async def tell(self) -> None:
        """Send what came since the last time, if anything did."""
        batch = self._unanswered or self._next_batch()
        if batch is not None:
            self._unanswered = batch
            await self._history.add(batch)
            self._unanswered = None

    async def tell_the_last(self) -> None:
        """When the worker stops."""
        try:
            async with asyncio.timeout(PATIENCE):
                if self._unanswered is not None:
                    await self.tell()
                await self.tell()
        except (StorageError, TimeoutError) as error:
            self._logger.warning(log_events.LOOP_FAILED, loop="history", error=str(error))

    async def forget(self) -> None:
        await self._history.forget()

    def _next_batch(self) -> HistoryBatch | None:
        minute = floored(self._clock.now(), MINUTE)
        points = self._runs.since_last(minute)
        for (lane, state), number in self._lost.items():
            is_dead = state is TaskState.FAILED
            lost = HistoryPoint(at=minute, failed=number) if is_dead else HistoryPoint(at=minute, retried=number)
            points[lane] = lost.plus(points[lane]) if lane in points else lost
        self._lost.clear()
        sightings = self._failures.taken()
        if not points and not sightings:
            return None
        self._number += 1
        return HistoryBatch(writer=self._writer, number=self._number, rows=rows_of(points), sightings=sightings)
