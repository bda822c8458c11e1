from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from backstage.domain.outcome import Outcome
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.task_queue import Claimed, ClaimRequest, LeaseReport, NextTasksOf
from backstage.domain.task import MaxDeliveries, Task
from backstage.domain.task_state import TaskState
from backstage.infra.moments import ticks, to_micros
from backstage.infra.sqlite.claim import claim, served_lanes
from backstage.infra.sqlite.reader import Reader
from backstage.infra.sqlite.reclaim import reclaim
from backstage.infra.sqlite.settle import settle
from backstage.infra.sqlite.statements import statement
from backstage.infra.sqlite.transaction import Transaction
from backstage.infra.sqlite.writer import Writer
from backstage.infra.task_row import task_of

_HELD = "SELECT cancel_requested FROM backstage_tasks WHERE id = ? AND state = 'running' AND deliveries = ?"
_PROGRESS = """UPDATE backstage_tasks SET progress = ?, progress_note = ?
                WHERE id = ? AND state = 'running' AND deliveries = ?"""
_LIVE_LANES = "SELECT queue, type, state FROM backstage_counts WHERE state IN ('pending', 'running') AND tasks > 0"


class SqliteQueue:
    """TaskQueue over the file."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer, self._reader, self._clock = writer, reader, clock

    async def claim(self, request: ClaimRequest) -> Claimed:
        return await self._writer.run(partial(claim, request))

    async def held_by(self, worker_id: str) -> list[Task]:
        return await self._reader.run(partial(_held_by, worker_id))

    async def settle(self, outcomes: Sequence[Outcome]) -> list[TaskState | None]:
        return await self._writer.run(partial(settle, outcomes))

    async def renew(self, fences: Mapping[str, int], lease: float) -> LeaseReport:
        return await self._writer.run(partial(_renew, fences, lease))

    async def inspect(self, fences: Mapping[str, int]) -> LeaseReport:
        return await self._reader.run(partial(_inspect, fences))

    async def report_progress(self, task_id: str, fence: int, progress: float, note: str | None) -> bool:
        return await self._writer.run(partial(_report, (progress, note, task_id, fence)))

    async def reclaim(
        self, max_deliveries: MaxDeliveries, limit: int, next_tasks_of: NextTasksOf | None = None
    ) -> list[tuple[Task, Outcome]]:
        return await self._writer.run(partial(reclaim, max_deliveries, limit, next_tasks_of))

    async def is_idle(self, types: frozenset[str] | None, queues: frozenset[str] | None) -> bool:
        return await self._reader.run(partial(_is_idle, types, queues, to_micros(self._clock.now())))


def _held_by(worker_id: str, connection: sqlite3.Connection) -> list[Task]:
    held = [task_of(row[1:]) for row in connection.execute(statement("find_held_tasks"), (worker_id,))]
    return [task for task in held if task.undecodable is None]


def _renew(fences: Mapping[str, int], lease: float, transaction: Transaction) -> LeaseReport:
    until = to_micros(transaction.now() + timedelta(seconds=lease))
    end = transaction.boot_ticks() + ticks(lease)
    answers = {
        task_id: transaction.cursor.execute(
            statement("renew_lease"), (until, end, transaction.boot, task_id, fence)
        ).fetchone()
        for task_id, fence in fences.items()
    }
    return _held_tasks(answers)


def _inspect(fences: Mapping[str, int], connection: sqlite3.Connection) -> LeaseReport:
    return _held_tasks({claim[0]: connection.execute(_HELD, claim).fetchone() for claim in fences.items()})


def _held_tasks(answers: Mapping[str, tuple[int] | None]) -> LeaseReport:
    """`answers` has, for each task that is held, whether its cancel was requested."""
    return LeaseReport(
        lost=frozenset(task_id for task_id, held in answers.items() if held is None),
        cancel_requested=frozenset(task_id for task_id, held in answers.items() if held is not None and held[0]),
    )


def _report(arguments: tuple[float, str | None, str, int], transaction: Transaction) -> bool:
    return transaction.cursor.execute(_PROGRESS, arguments).rowcount == 1


def _is_idle(
    types: frozenset[str] | None, queues: frozenset[str] | None, now: int, connection: sqlite3.Connection
) -> bool:
    live = connection.execute(_LIVE_LANES).fetchall()
    running = {(queue, type_) for queue, type_, state in live if state == TaskState.RUNNING}
    lanes = {(queue, type_) for queue, type_, _ in live}

    def is_asked_for(queue: str, type_: str) -> bool:
        return (types is None or type_ in types) and (queues is None or queue in queues)

    for lane in served_lanes(connection.cursor(), lanes, is_asked_for):
        named = {"queue": lane[0], "type": lane[1], "now": now}
        (is_busy,) = connection.execute(statement("find_busy_lane"), named).fetchone()
        if lane in running or is_busy:
            return False
    return True
