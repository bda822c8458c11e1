from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.worker.workers import Workers


@pytest.fixture
def own_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No worker reads settings or writes a store outside the test's own folder."""
    with monkeypatch.context() as patch:
        patch.chdir(tmp_path)
        yield


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    chosen: str = request.getfixturevalue(f"{request.param}_url")
    return chosen


@pytest.fixture
async def workers(own_directory: None) -> AsyncIterator[Workers]:
    """Workers over memory."""
    made = Workers("memory://")
    yield made
    await made.stop()


@pytest.fixture
async def any_workers(own_directory: None, url: str) -> AsyncIterator[Workers]:
    """The same on each store."""
    made = Workers(url)
    yield made
    await made.stop()
