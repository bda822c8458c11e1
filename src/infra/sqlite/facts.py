"""The facts about a task, all read on one snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from backstage.domain.errors import TaskNotFoundError
from backstage.domain.limits import is_encodable
from backstage.domain.ports.clock import Clock
from backstage.domain.task import Task
from backstage.domain.task_facts import (
    MOST_COUNTED,
    SEEN_WITHIN,
    BusySlots,
    Lane,
    LaneAhead,
    TaskFacts,
    competing_lanes,
)
from backstage.infra.fallen_due import FallenDue
from backstage.infra.moments import from_micros, ticks, to_micros
from backstage.infra.sqlite.control import paused
from backstage.infra.sqlite.find import task_by_id
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.registry import workers
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.tasks import attempts

_PENDING_LANES = "SELECT queue, type FROM backstage_counts WHERE state = 'pending' AND tasks > 0"


class SqliteFacts:
    """Facts over the file."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader, self._clock = reader, clock

    async def of(self, task_id: str) -> TaskFacts:
        found = await self._reader.run(partial(_facts, task_id, self._clock.now())) if is_encodable(task_id) else None
        if found is None:
            raise TaskNotFoundError(task_id)
        return found


def _facts(task_id: str, now: datetime, connection: sqlite3.Connection) -> TaskFacts | None:
    task = task_by_id(connection, task_id)
    if task is None:
        return None
    pauses = paused(connection)
    alive = workers(to_micros(now), to_micros(now) - ticks(SEEN_WITHIN), connection)
    lanes = connection.execute(_PENDING_LANES).fetchall() if task.is_due(now) else []
    return TaskFacts(
        now=now,
        task=task,
        attempts=attempts(task_id, connection),
        pauses=pauses,
        workers=alive,
        ahead=_ahead(task, competing_lanes(task, lanes, pauses, alive), now, connection),
        busy=[
            BusySlots(worker_id, tasks, None if since is None else from_micros(since))
            for worker_id, tasks, since in connection.execute(statement("busy_slots"))
        ],
    )


def _ahead(task: Task, lanes: Iterable[Lane], now: datetime, connection: sqlite3.Connection) -> list[LaneAhead]:
    rows = connection.execute(statement("fallen_due"), (to_micros(now), MOST_COUNTED))
    fallen_due = FallenDue(task, rows)
    place = {"priority": task.priority, "due": to_micros(task.scheduled_at), "id": task.id, "most": MOST_COUNTED}
    ahead = []
    for queue, type_ in lanes:
        counted = connection.execute(statement("ahead_in_lane"), {"queue": queue, "type": type_, **place}).fetchone()
        ahead.append(fallen_due.added_to(LaneAhead(queue, type_, *counted)))
    return [lane for lane in ahead if lane.due]
