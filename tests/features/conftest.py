"""What Backstage can do, shown through its public names on each store: the tests that docs/features.md names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from backstage.infra.postgres.backend import PostgresBackend
from tests.features.fleet import Fleet
from tests.servers.postgres_server import PostgresServer
from tests.worker.workers import Workers


@pytest.fixture(scope="module")
def database_url(postgres_server: PostgresServer) -> str:
    """Of a database in which each test has a schema of its own."""
    return asyncio.run(postgres_server.new_database())


@pytest.fixture
async def postgres_url(database_url: str) -> str:
    """A schema is made sooner than a database."""
    url = f"{database_url}?schema=s{uuid4().hex}"
    await PostgresBackend.from_url(url).migrate()
    return url


@pytest.fixture
async def workers(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workers]:
    """Of which each is alone on its store in memory."""
    monkeypatch.chdir(tmp_path)
    made = Workers(url)
    yield made
    await made.stop()


@pytest.fixture
async def fleet(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Fleet]:
    """Of which all are on one store, in memory too."""
    monkeypatch.chdir(tmp_path)
    made = Fleet(url)
    yield made
    await made.stop()
