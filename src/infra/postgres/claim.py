"""Claiming: one round trip, or three when something has just become due."""

from __future__ import annotations

from typing import Any

from backstage.domain.ports.task_queue import Claimed, ClaimRequest
from backstage.infra.moments import ticks
from backstage.infra.postgres.rows import task_of
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.server_time import ServerTime

_PROMOTED_AT_ONCE = 10_000
_SOON = 0.005
"""Seconds until the next look when ready tasks were seen that another claimer or promoter has its hands on."""


async def claim(session: Session, request: ClaimRequest, time: ServerTime) -> Claimed:
    rows = await _claim(session, request, time, take_anyway=False)
    now, next_due, seen, *_ = rows[0]
    if next_due is not None and next_due <= now:
        await session.fetch(statement("promote_tasks"), time.now(), _PROMOTED_AT_ONCE)
        rows = await _claim(session, request, time, take_anyway=True)
        now, next_due, seen, *_ = rows[0]
    tasks = tuple(task_of(row[3:]) for row in rows if row[3] is not None)
    if len(tasks) == request.limit:
        return Claimed(tasks, None)
    if seen > len(tasks):
        return Claimed(tasks, _SOON)
    return Claimed(tasks, None if next_due is None else max(_SOON, (next_due - now) / 1_000_000))


async def _claim(session: Session, request: ClaimRequest, time: ServerTime, *, take_anyway: bool) -> Any:
    queues = request.queues
    asked_at = time.clock.monotonic()
    rows = await session.fetch(
        statement("claim_tasks"),
        time.now(),
        time.lease_now(),
        request.worker_id,
        sorted(request.types),
        None if queues is None else list(queues),
        None if queues is None else list(queues.values()),
        request.limit,
        ticks(request.lease),
        take_anyway,
    )
    time.measured(rows[0][0], asked_at)
    return rows
