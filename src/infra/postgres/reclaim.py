"""Taking back tasks whose lease ran out. Rare, so the entity itself makes the move, and settling stores it."""

from __future__ import annotations

from backstage.domain.errors import StaleTaskError
from backstage.domain.outcome import Outcome
from backstage.domain.ports.task_queue import NextTasksOf
from backstage.domain.task import MaxDeliveries, Task
from backstage.infra.moments import from_micros
from backstage.infra.postgres.lanes import remember_lanes
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.settle import settle
from backstage.infra.postgres.statements import statement
from backstage.infra.server_time import ServerTime
from backstage.infra.task_row import task_of

_LEFT_FROM_BEFORE = 5_000_000
"""Microseconds: a lease that begins later than this from now was given before the clock was set back."""


async def reclaim(
    session: Session, max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None, time: ServerTime
) -> list[tuple[Task, Outcome]]:
    [(lease_now, longest)] = await session.fetch(statement("find_longest_lease"), time.lease_now())
    if not longest:
        return []  # no lease is held
    trusts_ends = time.trusts_ends(lease_now, longest / 1_000_000)
    left_from_before = _LEFT_FROM_BEFORE if time.trusts_beginnings(longest / 1_000_000) else None
    async with session.transaction():
        rows = await session.fetch(
            statement("lock_expired_tasks"), time.lease_now(), limit, time.now(), trusts_ends, left_from_before
        )
        if not rows:
            return []
        now: int = rows[0][-1]
        reclaimed = [_lost(task_of(row[:-1]), max_deliveries, next_tasks_of, now) for row in rows]
        await remember_lanes((task for _, outcome in reclaimed for task in outcome.next_tasks), session)
        states = await settle(session, [outcome for _, outcome in reclaimed], now)
    for (task, _), state in zip(reclaimed, states, strict=True):
        if task.state is not state:
            raise StaleTaskError(task.id)
    return reclaimed


def _lost(
    task: Task, max_deliveries: MaxDeliveries, next_tasks_of: NextTasksOf | None, now: int
) -> tuple[Task, Outcome]:
    outcome = task.honouring_cancel(task.lost(max_deliveries))
    if next_tasks_of is not None:
        outcome = outcome.followed_by(next_tasks_of(task, outcome))
    return task.settle(outcome, from_micros(now)), outcome
