"""How many bytes of its log PostgreSQL writes for a task: what a disk, a replica and an archive have to take."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.infra.postgres.backend import PostgresBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.postgres_instance import PostgresInstance

TASKS, AT_ONCE = 1_500, 500
BYTES = {"add": 724, "claim": 445, "settle": 506}
"""Of one task. A figure may fall, and is then lowered here; whoever raises one says why."""
MARGIN = 1.1


@pytest.fixture
def instance(own_postgres: Callable[..., PostgresInstance]) -> PostgresInstance:
    """Alone on its server, whose log nobody else writes to; without the whole pages that follow a checkpoint."""
    return own_postgres(autovacuum="off", full_page_writes="off", synchronous_commit="off")


@pytest.fixture
async def trial(instance: PostgresInstance, clock: FakeClock, new_task: TaskFactory) -> AsyncIterator[Trial]:
    async with on_trial(lambda clock: PostgresBackend.from_url(instance.url, clock), clock, new_task) as trial:
        yield trial


async def test_a_task_writes_few_bytes_of_the_log(trial: Trial, instance: PostgresInstance) -> None:
    connection = await asyncpg.connect(instance.url)
    try:
        await _drained(trial, connection, AT_ONCE)  # makes pages that are there from then on
        written = await _drained(trial, connection, TASKS)
    finally:
        await connection.close()
    assert all(written[name] <= most * MARGIN for name, most in BYTES.items()), written


async def _drained(trial: Trial, connection: asyncpg.Connection, tasks: int) -> dict[str, float]:
    async def position() -> int:
        return int(await connection.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))

    written = dict.fromkeys(BYTES, 0)
    for _ in range(0, tasks, AT_ONCE):
        places = [await position()]
        await trial.tasks.add([trial.new_task() for _ in range(AT_ONCE)])
        places.append(await position())
        claimed = await trial.claim(AT_ONCE)
        places.append(await position())
        await trial.queue.settle([task.completed() for task in claimed])
        places.append(await position())
        for name, begun, ended in zip(written, places[:-1], places[1:], strict=True):
            written[name] += ended - begun
    return {name: round(written[name] / tasks, 1) for name in written}
