"""Deleting finished tasks that need not be kept, and dedupe keys whose time is over."""

from __future__ import annotations

from backstage.domain.retention import Retention
from backstage.infra.moments import ticks
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement

_KEYS_FORGOTTEN_AT_ONCE = 1000


async def prune(session: Session, retention: Retention, limit: int, now: int | None) -> int:
    """Return how many tasks were deleted, at most `limit`."""
    await session.fetch(statement("forget_expired_keys"), now, _KEYS_FORGOTTEN_AT_ONCE)
    deleted: int = await session.value(
        statement("prune_tasks"),
        now,
        retention.state,
        retention.queue,
        limit,
        None if retention.max_age is None else ticks(retention.max_age),
        retention.keep_last,
        list(retention.except_queues),
    )
    return deleted
