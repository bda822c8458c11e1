from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with no settings in it or in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("BACKSTAGE_", "REDIS_", "JOB_", "WORKER_"))]:
        monkeypatch.delenv(name)
    return tmp_path
