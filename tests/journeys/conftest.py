from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from backstage.infra.container import Container
from backstage.infra.postgres.backend import PostgresBackend
from tests.journeys.gate import Gate
from tests.journeys.ledger import Ledger
from tests.journeys.served_store import ServedStore
from tests.journeys.store import Store
from tests.journeys.store_database import StoreDatabase
from tests.journeys.store_file import StoreFile
from tests.journeys.store_keys import StoreKeys
from tests.journeys.worker_process import HANDLERS, WorkerProcess
from tests.servers.postgres_instance import PostgresInstance
from tests.servers.redis_instance import RedisInstance
from tests.servers.redis_server import RedisServer

StartWorker = Callable[..., WorkerProcess]

pytest.register_assert_rewrite("tests.journeys.siege")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "backstage.db"


@pytest.fixture
def sqlite_store(database: Path) -> Store:
    return Store(f"sqlite:///{database}", StoreFile(database))


@pytest.fixture
def postgresql_store(postgres_url: str) -> Store:
    return Store(postgres_url, StoreDatabase(postgres_url))


@pytest.fixture
def redis_store(redis_server: RedisServer) -> Iterator[Store]:
    prefix = redis_server.new_prefix()
    yield Store(f"{redis_server.url}?prefix={prefix}", StoreKeys(redis_server.url, prefix))
    redis_server.delete_prefixes()


@pytest.fixture
def own_postgresql_store(own_postgres: Callable[..., PostgresInstance]) -> ServedStore:
    server = own_postgres()
    asyncio.run(PostgresBackend.from_url(server.url).migrate())
    return ServedStore(server.url, StoreDatabase(server.url), server)


@pytest.fixture
def own_redis_store(own_redis: Callable[..., RedisInstance]) -> ServedStore:
    server = own_redis()
    return ServedStore(server.url, StoreKeys(server.url, "backstage"), server)


@pytest.fixture(params=["postgresql", "redis"])
def own_store(request: pytest.FixtureRequest) -> ServedStore:
    """One after another of those that are on a server."""
    store = request.getfixturevalue(f"own_{request.param}_store")
    assert isinstance(store, ServedStore)
    return store


@pytest.fixture(params=["postgresql", "redis"])
def served_store(request: pytest.FixtureRequest) -> Store:
    """One after another of those on the servers that all tests share."""
    store = request.getfixturevalue(f"{request.param}_store")
    assert isinstance(store, Store)
    return store


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
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
