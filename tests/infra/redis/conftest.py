from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.infra.redis.backend import RedisBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.redis_server import RedisServer


@pytest.fixture
def server(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """To look at the shared server behind the backend's back."""
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        yield client


@pytest.fixture
async def trial(redis_url: str, clock: FakeClock, new_task: TaskFactory) -> AsyncIterator[Trial]:
    async with on_trial(lambda clock: RedisBackend.from_url(redis_url, clock), clock, new_task) as trial:
        yield trial


@pytest.fixture
def prefix(redis_url: str) -> str:
    return redis_url.rpartition("prefix=")[2]
