from __future__ import annotations

from pathlib import Path

import pytest

from backstage.conformance.task_factory import TaskFactory
from backstage.testing.fake_clock import FakeClock

pytest_plugins = ["pytester", "tests.servers.plugin"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def new_task(clock: FakeClock) -> TaskFactory:
    return TaskFactory(clock)


@pytest.fixture
def memory_url() -> str:
    return "memory://"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/tasks.db"


@pytest.fixture(params=["memory", "sqlite", "postgres", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    """Of each store in turn, empty."""
    chosen: str = request.getfixturevalue(f"{request.param}_url")
    return chosen
