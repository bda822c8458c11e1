from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import Trial
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.testing.fake_clock import FakeClock
from tests.sqlite_files import NewSqliteFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "backstage.db"


@pytest.fixture
async def backend(path: Path, clock: FakeClock, new_sqlite_file: NewSqliteFile) -> AsyncIterator[SqliteBackend]:
    new_sqlite_file(path)
    backend = SqliteBackend(path, clock)
    await backend.open()
    yield backend
    await backend.close()


@pytest.fixture
def trial(backend: SqliteBackend, clock: FakeClock, new_task: TaskFactory) -> Trial:
    return Trial(backend, clock, new_task)
