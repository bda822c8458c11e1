"""Without a clock of its caller's a store goes by the server's, and watches it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import redis

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import claim_request
from backstage.domain.task import Task
from backstage.infra.redis.backend import RedisBackend
from backstage.infra.system_clock import SystemClock
from backstage.testing.fake_clock import FakeClock

HOUR = 3600 * 1_000_000


@pytest.fixture
async def backend(redis_url: str) -> AsyncIterator[RedisBackend]:
    backend = RedisBackend.from_url(redis_url, None)
    await backend.open()
    yield backend
    await backend.close()


async def test_the_servers_time_decides_what_is_due(backend: RedisBackend, server: redis.Redis) -> None:
    late = FakeClock(SystemClock().now() + timedelta(hours=1))
    tasks = [TaskFactory(clock)() for clock in (SystemClock(), late)]
    await backend.tasks.add([tasks[0]])
    await backend.tasks.add([Task(id=late_id(), type="email:send", created_at=late.now(), scheduled_at=late.now(),
                                  correlation_id="c", workflow_id="w")])  # fmt: skip
    answer = await backend.queue.claim(claim_request(5))
    assert [task.id for task in answer.tasks] == [tasks[0].id]
    assert answer.next_due_in == pytest.approx(3600, abs=30)
    seconds, _ = server.time()
    assert answer.tasks[0].started_at is not None
    assert abs(answer.tasks[0].started_at.timestamp() - seconds) < 5


async def test_the_clock_that_is_told_is_corrected_by_the_servers(backend: RedisBackend, server: redis.Redis) -> None:
    await backend.tasks.add([TaskFactory(SystemClock())()])
    seconds, micros = server.time()
    assert abs(backend.clock.now().timestamp() - (seconds + micros / 1e6)) < 5


async def test_a_lease_from_before_the_clock_was_set_back_is_reclaimed_only_by_who_has_watched_for_long(
    backend: RedisBackend, server: redis.Redis, prefix: str
) -> None:
    await backend.tasks.add([TaskFactory(SystemClock())()])
    [running] = (await backend.queue.claim(claim_request())).tasks
    server.zincrby(f"{{{prefix}:default}}:leases", HOUR, running.id)
    assert await backend.queue.reclaim(3, 10) == []
    assert (await backend.queue.inspect({running.id: running.fence})).lost == frozenset()


async def test_a_lease_that_has_run_out_by_the_servers_clock_is_reclaimed(
    backend: RedisBackend, server: redis.Redis, prefix: str
) -> None:
    await backend.tasks.add([TaskFactory(SystemClock())()])
    [running] = (await backend.queue.claim(claim_request())).tasks
    assert await backend.queue.reclaim(3, 10) == []
    server.zincrby(f"{{{prefix}:default}}:leases", -HOUR, running.id)
    assert [task.id for task, _ in await backend.queue.reclaim(3, 10)] == [running.id]


def late_id() -> str:
    return "01940000-0000-7000-8000-0000000000ff"
