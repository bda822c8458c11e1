"""The fixtures that give tests real servers, without any set-up. A missing server is a failure that says the remedy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.servers.choice import POSTGRES, REDIS, Choice, Kind, MissingServerError, Origin, choose
from tests.servers.needs import unmet_needs
from tests.servers.own_servers import OwnServers
from tests.servers.pooler import PgBouncer, pgbouncer, pooler_for
from tests.servers.postgres_instance import PostgresInstance
from tests.servers.postgres_server import PostgresServer
from tests.servers.postgres_stores import PostgresStores
from tests.servers.redis_cluster import RedisCluster
from tests.servers.redis_instance import RedisInstance
from tests.servers.redis_sentinel import RedisSentinel
from tests.servers.redis_server import RedisServer
from tests.servers.shared_server import shared_server
from tests.servers.transaction_pooler import TransactionPooler


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--servers",
        type=Origin,
        choices=list(Origin),
        default=Origin.AUTO,
        help="where PostgreSQL and Redis come from: TEST_POSTGRES_URL and TEST_REDIS_URL (url), programs of the "
        "machine (path), wheels of the dev extra (wheel), or the first of these that there is (auto)",
    )


def pytest_report_header(config: pytest.Config) -> list[str]:
    servers = [f"{kind.name}: {_said(kind, config)}" for kind in (POSTGRES, REDIS)]
    needs = [f"MISSING: {problem}" for problem in unmet_needs(config.getoption("--servers"))]
    return [
        *servers,
        f"pooler: {pgbouncer() or TransactionPooler.name}",
        *(needs or ["machine: has what the suite needs"]),
    ]


def _said(kind: Kind, config: pytest.Config) -> str:
    try:
        return str(_chosen(kind, config))
    except MissingServerError as missing:
        return str(missing)


def _chosen(kind: Kind, config: pytest.Config) -> Choice:
    return choose(kind, config.getoption("--servers"))


def program_of(kind: Kind, config: pytest.Config) -> Path:
    """The program to start an own server with, also when the shared one is at a URL."""
    choice = _chosen(kind, config)
    if choice.program is None:
        choice = choose(kind, Origin.AUTO, {"PATH": os.environ.get("PATH", os.defpath)})
    assert choice.program is not None
    return choice.program


def _started(name: str, choice: Choice, run: Path) -> AbstractContextManager[str]:
    assert choice.program is not None
    return shared_server(name, choice.program, run)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest, run_folder: Path) -> Iterator[PostgresServer]:
    """Shared by all tests: take a `new_database()`, and never stop it."""
    choice = _chosen(POSTGRES, request.config)
    with ExitStack() as stack:
        server = PostgresServer(choice.url or stack.enter_context(_started("postgres", choice, run_folder)))
        yield server
        if choice.url:
            asyncio.run(server.drop_databases())


@pytest.fixture(scope="session")
def redis_server(request: pytest.FixtureRequest, run_folder: Path) -> Iterator[RedisServer]:
    """Shared by all tests: take a `new_prefix()`, and never stop it."""
    choice = _chosen(REDIS, request.config)
    with ExitStack() as stack:
        server = RedisServer(choice.url or stack.enter_context(_started("redis", choice, run_folder)))
        yield server
        if choice.url:
            server.delete_prefixes()


@pytest.fixture(scope="session")
def postgres_stores(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[PostgresStores]:
    """Databases on the shared server that have been migrated: take one, and give it back."""
    stores = PostgresStores(postgres_server.url)
    yield stores
    stores.close()
    if _chosen(POSTGRES, request.config).url:
        asyncio.run(stores.drop_databases())


@pytest.fixture
def postgres_url(postgres_stores: PostgresStores) -> Iterator[str]:
    """Of a store without tasks, as `backstage migrate` makes it in a new database. Whoever is connected is cut off
    when the next test takes it."""
    url = postgres_stores.take()
    yield url
    postgres_stores.give_back(url)


@pytest.fixture
async def empty_database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """Of a new, empty database, which is dropped after the test."""
    yield await postgres_server.new_database()
    await postgres_server.drop_databases()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> Iterator[str]:
    """Of an empty store, whose keys are deleted after the test."""
    yield redis_server.new_store()
    redis_server.delete_prefixes()


@pytest.fixture(scope="session")
def redis_cluster(request: pytest.FixtureRequest) -> Iterator[RedisCluster]:
    """Three masters, for tests that leave them as they are: take prefixes of your own."""
    with OwnServers() as servers:
        yield servers.redis_cluster(program_of(REDIS, request.config))


@pytest.fixture(scope="session")
def redis_sentinel(request: pytest.FixtureRequest) -> Iterator[RedisSentinel]:
    """Primary, replica and three Sentinels, for tests that leave them as they are."""
    with OwnServers() as servers:
        yield servers.redis_sentinel(program_of(REDIS, request.config))


@pytest.fixture
def own_redis_sentinel(request: pytest.FixtureRequest, own_servers: OwnServers) -> RedisSentinel:
    """The same for one test alone, which may fail it over."""
    return own_servers.redis_sentinel(program_of(REDIS, request.config))


@pytest.fixture
def own_servers() -> Iterator[OwnServers]:
    with OwnServers() as own_servers:
        yield own_servers


@pytest.fixture
def own_postgres(request: pytest.FixtureRequest, own_servers: OwnServers) -> Callable[..., PostgresInstance]:
    """Start a PostgreSQL server for this test alone: `own_postgres(disk=256, max_connections="20")`."""
    return partial(own_servers.postgres, program_of(POSTGRES, request.config))


@pytest.fixture
def own_redis(request: pytest.FixtureRequest, own_servers: OwnServers) -> Callable[..., RedisInstance]:
    """Start a Redis server for this test alone: `own_redis(maxmemory="16mb")`."""
    return partial(own_servers.redis, program_of(REDIS, request.config))


@pytest.fixture
def pooler() -> Iterator[Callable[..., PgBouncer | TransactionPooler]]:
    """Put a pooler in transaction mode before a database: `pooler(postgres_url, size=2).url`."""
    with ExitStack() as stack:

        def put_before(url: str, size: int = 2) -> PgBouncer | TransactionPooler:
            pooler = pooler_for(url, size)
            stack.callback(pooler.__exit__, None, None, None)
            return pooler

        yield put_before
