"""What a store says of a pending or running task and of all that decides when it is claimed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from backstage.domain.attempt import Attempt
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.lane_type import plain_type
from backstage.domain.ports.queue_control import QUEUE, TYPE, Pause
from backstage.domain.task import Task
from backstage.domain.worker_info import WorkerInfo, WorkerState

MOST_COUNTED = 1000
"""Tasks of one lane that are counted; that many stand for as many or more."""
SEEN_WITHIN = 60.0
"""Seconds since its last beat within which a worker is told of."""

Lane = tuple[str, str]
"""Queue and type."""


@dataclass(frozen=True, slots=True)
class LaneAhead:
    """Of the due tasks of a lane: how many go before the task that is asked about by priority, due time and id, and
    how many there are at all. Each is at most MOST_COUNTED."""

    queue: str
    type: str
    before: int
    due: int


@dataclass(frozen=True, slots=True)
class BusySlots:
    """How many tasks a worker holds under leases, and since when the first of them."""

    worker_id: str
    tasks: int
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What was so at the moment `now`, by the store's clock.

    `ahead` is about the lanes of `competing_lanes`, its own first if it has due tasks; it is empty for a task that is
    not due. `attempts` are the task's records, oldest first.
    """

    now: datetime
    task: Task
    attempts: Sequence[Attempt] = ()
    pauses: Sequence[Pause] = ()
    workers: Sequence[WorkerInfo] = ()
    ahead: Sequence[LaneAhead] = ()
    busy: Sequence[BusySlots] = ()


def available(workers: Iterable[WorkerInfo]) -> list[WorkerInfo]:
    """Those that go on claiming, as far as is known."""
    return [worker for worker in workers if worker.state is WorkerState.RUNNING]


def competing_lanes(
    task: Task, lanes: Iterable[Lane], pauses: Iterable[Pause], workers: Iterable[WorkerInfo]
) -> list[Lane]:
    """Of the lanes given, those that are not paused and that a worker which would take the task claims from too; the
    task's own first."""
    takers = [worker for worker in available(workers) if worker.serves(task.queue, task.lane_type)]
    paused = {(pause.kind, pause.name) for pause in pauses}
    own = (task.queue, task.lane_type)
    return sorted(
        (
            (queue, type_)
            for queue, type_ in lanes
            if (QUEUE, queue) not in paused
            and (TYPE, plain_type(type_)) not in paused
            and any(worker.serves(queue, type_) for worker in takers)
        ),
        key=lambda lane: (lane != own, lane),
    )
