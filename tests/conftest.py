from __future__ import annotations

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
