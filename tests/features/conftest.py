"""What Backstage can do, shown through its public names on each store: the tests that docs/features.md names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.features.fleet import Fleet
from tests.worker.workers import Workers


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
