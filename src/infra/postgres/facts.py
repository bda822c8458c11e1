"""The facts about a task, all read on one snapshot."""

from __future__ import annotations

from collections.abc import Sequence

from backstage.domain.errors import TaskNotFoundError
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
from backstage.infra.moments import from_micros, to_micros
from backstage.infra.postgres.control import paused
from backstage.infra.postgres.find import find_task
from backstage.infra.postgres.registry import workers
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.postgres.store import Store
from backstage.infra.postgres.tasks import attempts

_ONE_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_NOW = "SELECT coalesce($1::bigint, backstage_now())"
_LANES = "SELECT queue, type FROM backstage_lanes ORDER BY queue, type"


class PostgresFacts:
    """Facts over the server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, task_id: str) -> TaskFacts:
        async def step(session: Session) -> TaskFacts | None:
            async with session.transaction():
                await session.fetch(_ONE_SNAPSHOT)
                return await self._facts(session, task_id)

        found = await self._store.database.run(step)
        if found is None:
            raise TaskNotFoundError(task_id)
        return found

    async def _facts(self, session: Session, task_id: str) -> TaskFacts | None:
        task = await find_task(session, task_id)
        if task is None:
            return None
        micros: int = await session.value(_NOW, self._store.time.now())
        now = from_micros(micros)
        pauses, alive = await paused(session), await workers(session, micros, SEEN_WITHIN)
        rows = await session.fetch(_LANES) if task.is_due(now) else []
        lanes = competing_lanes(task, [(queue, type_) for queue, type_ in rows], pauses, alive)
        return TaskFacts(
            now=now,
            task=task,
            attempts=await attempts(session, task_id),
            pauses=pauses,
            workers=alive,
            ahead=await _ahead(session, task, lanes, micros) if lanes else (),
            busy=[
                BusySlots(worker_id, tasks, None if since is None else from_micros(since))
                for worker_id, tasks, since in await session.fetch(statement("busy_slots"))
            ],
        )


async def _ahead(session: Session, task: Task, lanes: Sequence[Lane], now: int) -> list[LaneAhead]:
    fallen_due = FallenDue(task, map(tuple, await session.fetch(statement("fallen_due"), now, MOST_COUNTED)))
    counted = await session.fetch(
        statement("ahead_in_lanes"),
        [queue for queue, _ in lanes],
        [type_ for _, type_ in lanes],
        task.priority,
        to_micros(task.scheduled_at),
        task.id,
        MOST_COUNTED,
    )
    ahead = (fallen_due.added_to(LaneAhead(*row)) for row in counted)
    return [lane for lane in ahead if lane.due]
