from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from backstage.infra.container import Container
from tests.journeys.gate import Gate
from tests.journeys.ledger import Ledger
from tests.journeys.store import Store
from tests.journeys.store_file import StoreFile
from tests.journeys.worker_process import HANDLERS, WorkerProcess

StartWorker = Callable[..., WorkerProcess]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "backstage.db"


@pytest.fixture
def sqlite_store(database: Path) -> Store:
    return Store(f"sqlite:///{database}", StoreFile(database))


@pytest.fixture(params=["sqlite"])
def store(request: pytest.FixtureRequest) -> Store:
    """One after another of each kind that processes can share. Tests about one kind override it in their file."""
    store = request.getfixturevalue(f"{request.param}_store")
    assert isinstance(store, Store)
    return store


@pytest.fixture
def url(store: Store) -> str:
    return store.url


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
