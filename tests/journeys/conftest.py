from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from backstage.infra.container import Container
from tests.journeys.gate import Gate
from tests.journeys.ledger import Ledger
from tests.journeys.worker_process import HANDLERS, WorkerProcess

StartWorker = Callable[..., WorkerProcess]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "backstage.db"


@pytest.fixture
def url(database: Path) -> str:
    return f"sqlite:///{database}"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gate")


@pytest.fixture
async def backstage(url: str) -> AsyncIterator[Container]:
    async with Container.open(url, silent=True) as backstage:
        yield backstage


@pytest.fixture
def start_worker(tmp_path: Path, url: str, ledger: Ledger) -> Iterator[StartWorker]:
    """Start workers on the store; none of them outlives the test."""
    started: list[WorkerProcess] = []

    def start(*arguments: str, **settings: object) -> WorkerProcess:
        worker = WorkerProcess(
            tmp_path,
            ("-m", "worker.run", *arguments),
            environment=ledger.environment,
            **{"url": url, "handlers": HANDLERS, **settings},
        )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.end()
