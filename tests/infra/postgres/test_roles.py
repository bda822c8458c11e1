"""The roles of docs/postgresql.md are enough."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg
import pytest

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import BROKEN, LEASE, POLICY
from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.cron_task import CronTask
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import ConfigurationError
from backstage.domain.retention import Retention
from backstage.domain.stats import Count
from backstage.domain.task_state import TaskState
from backstage.infra.postgres.backend import PostgresBackend
from backstage.testing.fake_clock import FakeClock
from tests.docs.markdown import ROOT, blocks
from tests.servers.postgres_instance import PostgresInstance


@pytest.fixture
async def server(own_postgres: Callable[..., PostgresInstance]) -> PostgresInstance:
    """A server with the roles that the guide makes."""
    server = own_postgres()
    [roles] = blocks(ROOT / "docs" / "postgresql.md", "sql")
    connection = await asyncpg.connect(server.url)
    await connection.execute(roles.code)
    await connection.close()
    return server


def _url_of(role: str, server: PostgresInstance) -> str:
    return f"{server.url.replace('backstage@', f'{role}@')}?schema=jobs"


async def test_a_worker_needs_no_more_than_its_role_has(
    server: PostgresInstance, clock: FakeClock, new_task: TaskFactory
) -> None:
    await PostgresBackend.from_url(_url_of("jobs_owner", server), clock).migrate()
    url = f"{_url_of('jobs_worker', server)}&migrate=off"
    async with on_trial(lambda clock: PostgresBackend.from_url(url, clock), clock, new_task) as trial:
        for end in ("completed", "failed", "lost"):
            running = await trial.running(dedupe=Dedupe(end))
            await trial.queue.renew({running.id: running.fence}, LEASE)
            await trial.queue.report_progress(running.id, running.fence, 0.5, None)
            if end == "lost":
                clock.advance(LEASE + 1)
                assert len(await trial.queue.reclaim(5, 10)) == 1
            else:
                await trial.settle(running.completed() if end == "completed" else running.failed(BROKEN, POLICY, 0.0))
        await trial.tasks.save((await trial.added(delay=60.0)).cancel(clock.now()))
        assert await trial.tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 10) == 1
        await trial.control.pause("queue", "default")
        await trial.control.resume("queue", "default")
        schedule = await trial.schedules.put(CronTask("0 3 * * *", "report:build"))
        assert await trial.schedules.fire(schedule, clock.now(), [trial.new_task()])
        message = BroadcastMessage(id=trial.new_task().id, name="reload", sent_at=clock.now())
        await trial.broadcasts.send(message)
        await trial.archive.write_pruned([Count("default", "email:send", TaskState.FAILED, 2, 2)])
        async with trial.backend.wakeup() as wakeup:
            await wakeup.wait(0.0)


async def test_a_role_without_privileges_is_told_where_to_read_of_them(
    server: PostgresInstance, clock: FakeClock
) -> None:
    with pytest.raises(ConfigurationError, match=r"docs/postgresql\.md"):
        await PostgresBackend.from_url(_url_of("jobs_worker", server), clock).migrate()
