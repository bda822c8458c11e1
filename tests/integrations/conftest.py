from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstage.infra.postgres.backend import PostgresBackend
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with no settings in it or in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("BACKSTAGE_", "REDIS_", "JOB_", "WORKER_"))]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture(params=["memory", "sqlite", "postgres", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of an empty store of each kind."""
    match request.param:
        case "postgres":
            postgres: PostgresServer = request.getfixturevalue("postgres_server")
            made = asyncio.run(postgres.new_database())
            asyncio.run(PostgresBackend.from_url(made).migrate())
            yield made
            asyncio.run(postgres.drop_databases())
        case "redis":
            yield request.getfixturevalue("redis_url")
        case "sqlite":
            yield f"sqlite:///{tmp_path}/tasks.db"
        case _:
            yield "memory://"
