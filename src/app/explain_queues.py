from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from backstage.app.authors import authors_of
from backstage.domain.explain_queue import explain_queue
from backstage.domain.explanation import QueueExplanation
from backstage.domain.ports.audit_log import AuditLog
from backstage.domain.ports.queue_control import QUEUE, QueueControl
from backstage.domain.ports.task_repository import TaskRepository
from backstage.domain.ports.worker_registry import WorkerRegistry
from backstage.domain.queue_facts import QueueFacts, QueueLane
from backstage.domain.task_facts import SEEN_WITHIN
from backstage.domain.task_state import TaskState


class ExplainQueues:
    """Say of each queue why it stands still, or that it moves: of those named, or else of all that have live tasks or
    are paused, by name.

    Changes nothing, and looks at no task. Raises StorageUnavailableError.
    """

    def __init__(
        self, tasks: TaskRepository, control: QueueControl, registry: WorkerRegistry, audit_log: AuditLog
    ) -> None:
        self._tasks, self._control, self._registry, self._audit_log = tasks, control, registry, audit_log

    async def __call__(self, queues: Collection[str] | None = None) -> list[QueueExplanation]:
        workers = await self._registry.workers(SEEN_WITHIN)
        pauses = await self._control.paused()
        lanes = await self._lanes()
        asked = {*lanes, *(pause.name for pause in pauses if pause.kind == QUEUE)} if queues is None else queues
        authors = await authors_of(self._audit_log, pauses)
        return [
            explain_queue(QueueFacts(queue, lanes.get(queue, ()), pauses, workers, authors)) for queue in sorted(asked)
        ]

    async def _lanes(self) -> dict[str, list[QueueLane]]:
        """Of each queue that has live tasks, those of its types that have some."""
        waited = {(each.queue, each.type): each.waited for each in await self._tasks.oldest_due()}
        numbers: Counter[tuple[str, str, TaskState]] = Counter()
        for count in await self._tasks.counts():
            numbers[count.queue, count.type, count.state] += count.tasks
        lanes: dict[str, list[QueueLane]] = {}
        for queue, type_ in sorted({(queue, type_) for queue, type_, _ in numbers}):
            pending, running = numbers[queue, type_, TaskState.PENDING], numbers[queue, type_, TaskState.RUNNING]
            if pending or running:
                lane = QueueLane(type_, pending, running, waited.get((queue, type_)))
                lanes.setdefault(queue, []).append(lane)
        return lanes
