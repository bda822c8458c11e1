"""Claiming: one round trip, or three when something has just become due. Decisions 0403 and 0411 say why."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from backstage.domain.lease import Lease
from backstage.domain.ports.task_queue import Claimed, ClaimRequest
from backstage.domain.task import Task
from backstage.infra.moments import from_micros, ticks
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.settle import settle
from backstage.infra.postgres.statements import statement
from backstage.infra.server_time import ServerTime
from backstage.infra.task_row import STATED_COLUMNS, claimed_task_of

_ABOUT_THE_CLAIM = len(STATED_COLUMNS)
"""Where in a row the columns begin that say what the whole claim found."""
_PROMOTED_AT_ONCE = 10_000
_SOON = 0.005
"""Seconds until the next look when ready tasks were seen that another claimer or promoter has its hands on."""


async def claim(session: Session, request: ClaimRequest, time: ServerTime) -> Claimed:
    rows = await _claim(session, request, time, take_anyway=False)
    now, next_due, is_more_there = rows[0][_ABOUT_THE_CLAIM:]
    if next_due is not None and next_due <= now:
        await session.fetch(statement("promote_tasks"), time.now(), _PROMOTED_AT_ONCE)
        rows = await _claim(session, request, time, take_anyway=True)
        now, next_due, is_more_there = rows[0][_ABOUT_THE_CLAIM:]
    tasks = _tasks(rows, request)
    undecodable = tuple(task for task in tasks if task.undecodable is not None)
    if undecodable:
        await settle(session, [task.buried() for task in undecodable], time.now())
        return Claimed(tuple(task for task in tasks if task.undecodable is None), 0.0, undecodable)
    if len(tasks) == request.limit:
        return Claimed(tasks, None)
    if is_more_there:
        return Claimed(tasks, _SOON)
    return Claimed(tasks, None if next_due is None else max(_SOON, (next_due - now) / 1_000_000))


def _tasks(rows: Any, request: ClaimRequest) -> tuple[Task, ...]:
    first_id, now = rows[0][0], rows[0][_ABOUT_THE_CLAIM]
    if first_id is None:
        return ()
    lease = Lease(request.worker_id, from_micros(now + ticks(request.lease)))
    started_at = from_micros(now)
    return tuple(claimed_task_of(row, started_at, lease) for row in rows)


async def _claim(session: Session, request: ClaimRequest, time: ServerTime, *, take_anyway: bool) -> Any:
    queues = request.queues
    asked_at = time.clock.monotonic()
    rows = await session.fetch(
        statement("claim_tasks"),
        time.now(),
        time.lease_now(),
        request.worker_id,
        _lines(request.types),
        None if queues is None else list(queues),
        None if queues is None else [str(rank) for rank in queues.values()],
        request.limit,
        ticks(request.lease),
        take_anyway,
        request.whole_queue,
    )
    time.measured(rows[0][_ABOUT_THE_CLAIM], asked_at)
    return rows


@lru_cache(maxsize=16)
def _lines(types: frozenset[str]) -> str:
    """A worker asks for the same types each time, and may serve thousands. No type has a line break in its name."""
    return "\n".join(sorted(types))
