"""The facts about a task for a store that has all its tasks in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from backstage.domain.attempt import Attempt
from backstage.domain.ports.queue_control import Pause
from backstage.domain.task import Task
from backstage.domain.task_facts import MOST_COUNTED, BusySlots, Lane, LaneAhead, TaskFacts, competing_lanes
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo


def facts_among(
    tasks: Iterable[Task],
    task: Task,
    now: datetime,
    *,
    attempts: Sequence[Attempt],
    pauses: Sequence[Pause],
    workers: Sequence[WorkerInfo],
) -> TaskFacts:
    """Look at every task once."""
    due: dict[Lane, list[Task]] = {}
    held: dict[str, list[Task]] = {}
    for each in tasks:
        if each.is_due(now) and task.is_due(now):
            due.setdefault((each.queue, each.lane_type), []).append(each)
        elif each.state is TaskState.RUNNING and each.lease is not None:
            held.setdefault(each.lease.worker_id, []).append(each)
    return TaskFacts(
        now=now,
        task=task,
        attempts=attempts,
        pauses=pauses,
        workers=workers,
        ahead=[_ahead(task, lane, due[lane]) for lane in competing_lanes(task, due, pauses, workers)],
        busy=[_busy(worker_id, tasks) for worker_id, tasks in sorted(held.items())],
    )


def _ahead(task: Task, lane: Lane, due: Sequence[Task]) -> LaneAhead:
    before = sum(_place(each) < _place(task) for each in due)
    return LaneAhead(*lane, min(before, MOST_COUNTED), min(len(due), MOST_COUNTED))


def _place(task: Task) -> tuple[int, datetime, str]:
    return (-task.priority, task.scheduled_at, task.id)


def _busy(worker_id: str, held: Sequence[Task]) -> BusySlots:
    since = min((each.started_at for each in held if each.started_at is not None), default=None)
    return BusySlots(worker_id, len(held), since)
