from __future__ import annotations

import pytest

from backstage.conformance.fake_clock import FakeClock
from backstage.conformance.task_factory import TaskFactory


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def new_task(clock: FakeClock) -> TaskFactory:
    return TaskFactory(clock)
