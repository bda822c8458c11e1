from __future__ import annotations

from datetime import timedelta

from backstage.domain.history import HOUR, HistoryQuery
from backstage.domain.limits import check_name, check_seconds
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.queue_control import QUEUE, QueueControl
from backstage.domain.ports.run_history import RunHistory
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.scale import Scale
from backstage.domain.task_facts import available
from backstage.domain.task_state import TaskState

_LATELY, _LONGER = timedelta(minutes=15), timedelta(hours=24)
_SECONDS_IF_UNKNOWN = 1.0
_SLOTS_IF_UNKNOWN = 10
_SEEN_WITHIN = 60.0
_MOST_DUE = 100_000


class GetScale:
    """Return how many workers the queue needs for its due tasks to begin within `target` seconds.

    Tasks of a paused queue are not due. A run takes as long as the runs of the last 15 minutes did on average, else as
    those of the last day; a worker has as many slots as those have that claim from the queue now: a quiet one does not.
    Raises InvalidTaskDataError.
    """

    def __init__(
        self,
        tasks: TaskRepository,
        control: QueueControl,
        history: RunHistory,
        registry: WorkerRegistry,
        clock: Clock,
    ) -> None:
        self._tasks, self._control, self._history = tasks, control, history
        self._registry, self._clock = registry, clock

    async def __call__(self, queue: str, target: float = 30.0) -> Scale:
        check_name("queue", queue)
        target = check_seconds("target", target, least=0.001)
        counts = await self._tasks.counts()
        running = sum(each.tasks for each in counts if each.queue == queue and each.state is TaskState.RUNNING)
        is_paused = any((each.kind, each.name) == (QUEUE, queue) for each in await self._control.paused())
        workers = available(await self._registry.workers(_SEEN_WITHIN))
        slots = [worker.concurrency for worker in workers if not worker.queues or queue in worker.queues]
        return Scale.of(
            queue,
            running=running,
            due=0 if is_paused else await self._tasks.count_due(queue, _MOST_DUE),
            mean_seconds=await self._mean_seconds(queue),
            target=target,
            slots=sum(slots) / len(slots) if slots else _SLOTS_IF_UNKNOWN,
        )

    async def _mean_seconds(self, queue: str) -> float:
        now = self._clock.now() + timedelta(microseconds=1)
        for span, step in ((_LATELY, 60), (_LONGER, HOUR)):
            query = HistoryQuery(since=now - span, until=now, step=step, queue=queue)
            points = [row.point for row in await self._history.read(query)]
            if ended := sum(point.ended for point in points):
                return sum(point.run_seconds for point in points) / ended
        return _SECONDS_IF_UNKNOWN
