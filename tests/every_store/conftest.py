"""What workers do together, on each store in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backstage import Worker, WorkerService
from backstage.domain.ports.backend import Backend
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings
from tests.worker.workers import FAST, Workers, memory


class OneStore:
    """Workers and containers on one store, all stopped in the end; those in memory share it as one process would."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._workers = Workers(url)
        self._memory = memory()
        self._opened: list[Container] = []
        self._services: list[WorkerService] = []

    def worker(self, **options: Any) -> Worker:
        backend = self.backend()
        return self._workers.new(**options) if backend is None else self._workers.over(backend, **options)

    def container(self, **settings: Any) -> Container:
        """Not connected yet."""
        return Container(Settings.load(url=self.url, silent=True, **settings), backend=self.backend())

    def service(self, *, logger: Any = None, **options: Any) -> WorkerService:
        """`options` are those of WorkerService and, with short intervals where none are given, the settings."""
        ours = {name: options.pop(name) for name in ("before_start", "checks") if name in options}
        settings = Settings.load(url=self.url, **{**FAST, **options})
        service = WorkerService(container=Container(settings, backend=self.backend(), logger=logger), **ours)
        self._services.append(service)
        return service

    async def opened(self) -> Container:
        container = self.container()
        await container.start()
        self._opened.append(container)
        return container

    def backend(self) -> Backend | None:
        """The one in memory; None where the URL says all."""
        return self._memory if self.url == "memory://" else None

    async def close(self) -> None:
        await self._workers.stop()
        for service in self._services:
            await service.stop()
        for container in self._opened:
            await container.close()


@pytest.fixture
async def store(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[OneStore]:
    monkeypatch.chdir(tmp_path)
    one = OneStore(url)
    yield one
    await one.close()
