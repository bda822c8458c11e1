"""Takes back the tasks of workers that died, and deletes what is no longer kept."""

from __future__ import annotations

from typing import Any

from backstage.app.prune_tasks import PruneTasks
from backstage.domain.ports.task_events import TaskEvents
from backstage.domain.ports.task_queue import TaskQueue
from backstage.domain.retention import Retention
from backstage.domain.task import MaxDeliveries
from backstage.worker import log_events
from backstage.worker.runtime.event_publisher import EventPublisher
from backstage.worker.runtime.history_recorder import HistoryRecorder
from backstage.worker.runtime.subscription_watch import SubscriptionWatch
from backstage.worker.worker_options import WorkerOptions

BATCH = 500


class Reclaimer:
    """Any number of workers may do this at once: the store gives each task to one of them."""

    def __init__(
        self,
        queue: TaskQueue,
        task_events: TaskEvents,
        prune_tasks: PruneTasks,
        options: WorkerOptions,
        max_deliveries: MaxDeliveries,
        subscriptions: SubscriptionWatch,
        publisher: EventPublisher,
        history: HistoryRecorder,
        logger: Any,
    ) -> None:
        self._queue, self._task_events, self._prune_tasks = queue, task_events, prune_tasks
        self._options = options
        self._max_deliveries = max_deliveries
        self._subscriptions = subscriptions
        self._publisher = publisher
        self._history = history
        self._logger = logger

    async def reclaim(self) -> None:
        await self._subscriptions.known.wait()
        while True:
            reclaimed = await self._queue.reclaim(self._max_deliveries, BATCH, self._subscriptions.next_tasks_of)
            for task, outcome in reclaimed:
                self._logger.warning(
                    log_events.TASK_RECLAIMED, task_id=task.id, type=task.type, queue=task.queue, state=task.state
                )
                self._publisher.ended(task, outcome, task.state)
                self._history.reclaimed(task, outcome)
            if not reclaimed:  # fewer than asked for tells nothing: what they carry is bounded, too
                return

    async def prune(self) -> None:
        await self._prune_tasks(self._options.retention, self._log_pruned)
        emptied = BATCH
        while emptied == BATCH:
            emptied = await self._task_events.forget_results(BATCH)
        await self._history.forget()
        forgotten = BATCH
        while forgotten == BATCH:
            forgotten = await self._task_events.forget(self._options.keep_events_for, BATCH)

    def _log_pruned(self, retention: Retention, tasks: int) -> None:
        self._logger.info(log_events.TASKS_PRUNED, tasks=tasks, state=retention.state)
