"""Renewing and inspecting leases, and what else a running task needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backstage.domain.ports.task_queue import LeaseReport
from backstage.infra.moments import ticks
from backstage.infra.postgres.session import Session
from backstage.infra.postgres.statements import statement
from backstage.infra.server_time import ServerTime


async def renew(session: Session, fences: Mapping[str, int], lease: float, time: ServerTime) -> LeaseReport:
    ids = sorted(fences)
    rows = await session.fetch(
        statement("renew_leases"), time.now(), time.lease_now(), ids, [fences[id_] for id_ in ids], ticks(lease)
    )
    return _held_tasks(fences, rows)


async def inspect(session: Session, fences: Mapping[str, int]) -> LeaseReport:
    ids = sorted(fences)
    rows = await session.fetch(statement("inspect_leases"), ids, [fences[id_] for id_ in ids])
    return _held_tasks(fences, rows)


def _held_tasks(fences: Mapping[str, int], rows: Sequence[Any]) -> LeaseReport:
    """`rows` has, for each task that is held, its id and whether its cancel was requested."""
    return LeaseReport(
        lost=frozenset(fences) - {id_ for id_, _ in rows},
        cancel_requested=frozenset(id_ for id_, is_requested in rows if is_requested),
    )
