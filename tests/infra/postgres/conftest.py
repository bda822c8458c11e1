from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.infra.postgres.backend import PostgresBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(scope="module")
def database_url(postgres_server: PostgresServer) -> str:
    """Of a database that the tests of a file share, each in a schema of its own."""
    return asyncio.run(postgres_server.new_database())


@pytest.fixture
def url(database_url: str) -> str:
    """Of a store that nobody has opened yet."""
    return f"{database_url}?schema=s{uuid4().hex}"


@pytest.fixture
async def trial(url: str, clock: FakeClock, new_task: TaskFactory) -> AsyncIterator[Trial]:
    async with on_trial(lambda clock: PostgresBackend.from_url(url, clock), clock, new_task) as trial:
        yield trial
