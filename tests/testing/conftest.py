from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backstage.testing import TaskBench


@pytest.fixture
async def bench() -> AsyncIterator[TaskBench]:
    async with TaskBench() as bench:
        yield bench
