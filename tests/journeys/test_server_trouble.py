"""Servers that fail over, are full, or are seen through a pooler or beside a long transaction."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import redis

from backstage.domain.errors import StorageFullError, StorageUnavailableError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from backstage.infra.postgres.backend import PostgresBackend
from tests.journeys.asking import enqueue, state_is
from tests.journeys.conftest import StartWorker
from tests.journeys.ledger import Ledger
from tests.journeys.siege import Siege
from tests.journeys.store import Store
from tests.journeys.store_database import StoreDatabase
from tests.journeys.store_keys import StoreKeys
from tests.journeys.waiting import until_answer
from tests.servers.pooler import PgBouncer
from tests.servers.postgres_instance import PostgresInstance
from tests.servers.redis_instance import RedisInstance
from tests.servers.redis_sentinel import RedisSentinel
from tests.servers.small_disk import Ballast
from tests.servers.transaction_pooler import TransactionPooler

TASKS = 1_000
LARGE = {"text": random.Random(4).randbytes(25_000).hex()}
"""A payload that no server can compress to little."""


class TestBehindAPooler:
    @pytest.fixture
    def store(self, postgres_url: str, pooler: Callable[..., PgBouncer | TransactionPooler]) -> Store:
        return Store(pooler(postgres_url, size=4).url, StoreDatabase(postgres_url))

    async def test_workers_share_connections_without_a_session_of_their_own(
        self, tmp_path: Path, store: Store, ledger: Ledger, start_worker: StartWorker
    ) -> None:
        siege = Siege(store, ledger, start_worker, random.Random(1), TASKS)
        await siege.go(tmp_path, {TASKS // 2: siege.kill_a_worker})
        await siege.assert_nothing_is_lost_or_left()


class TestBesideALongTransaction:
    @pytest.fixture
    def store(self, postgresql_store: Store) -> Store:
        return postgresql_store

    async def test_an_old_snapshot_that_is_held_open_stops_nothing(
        self, tmp_path: Path, backstage: Container, store: Store, ledger: Ledger, start_worker: StartWorker
    ) -> None:
        reader = await asyncpg.connect(store.url)
        await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert await reader.fetchval("SELECT count(*) FROM backstage_whole_tasks") == 0
        siege = Siege(store, ledger, start_worker, random.Random(2), TASKS)
        await siege.go(tmp_path, {TASKS // 2: siege.kill_a_worker})
        assert await reader.fetchval("SELECT count(*) FROM backstage_whole_tasks") == 0
        await reader.close()
        await siege.assert_nothing_is_lost_or_left()


class TestFailingOver:
    @pytest.fixture
    def store(self, own_redis_sentinel: RedisSentinel) -> Store:
        url = f"{own_redis_sentinel.url}?wait_replicas=1"
        return Store(url, StoreKeys(own_redis_sentinel.servers[1].url, "backstage"))

    async def test_what_was_accepted_is_done_by_the_new_primary(
        self,
        tmp_path: Path,
        store: Store,
        ledger: Ledger,
        start_worker: StartWorker,
        own_redis_sentinel: RedisSentinel,
    ) -> None:
        async def fail_over() -> None:
            await siege.until_all_work()
            own_redis_sentinel.fail_over()
            own_redis_sentinel.restore_the_killed()  # without a replica, nothing is accepted

        siege = Siege(store, ledger, start_worker, random.Random(3), TASKS)
        await siege.go(tmp_path, {TASKS // 2: fail_over})
        ended = {entry.task for entry in ledger.entries("end")}
        assert ended == {entry.task for entry in ledger.entries("enqueued")}
        assert await store.inside.counts() == await store.inside.recount()
        assert await store.inside.leftovers() == {}


class FullServer:
    """A store on a server with little room, and how it gets more."""

    def __init__(self, store: Store, make_room: Callable[[], None]) -> None:
        self.store, self.make_room = store, make_room


class TestFull:
    @pytest.fixture
    def full_postgresql(self, own_postgres: Callable[..., PostgresInstance]) -> FullServer:
        server = own_postgres(disk=160, max_wal_size="32MB", wal_keep_size="0")
        asyncio.run(PostgresBackend.from_url(server.url).migrate())
        ballast = Ballast(server.folder, mebibytes=48)
        return FullServer(Store(server.url, StoreDatabase(server.url)), ballast.drop)

    @pytest.fixture
    def full_redis(self, own_redis: Callable[..., RedisInstance]) -> FullServer:
        server = own_redis(maxmemory="16mb")

        def make_room() -> None:
            with redis.Redis.from_url(server.url) as client:
                client.config_set("maxmemory", "0")

        return FullServer(Store(server.url, StoreKeys(server.url, "backstage")), make_room)

    @pytest.fixture
    def full_disk_of_redis(self, own_redis: Callable[..., RedisInstance]) -> FullServer:
        """It cannot write its log any more, and says MISCONF to all writes, ends of tasks included."""
        server = own_redis(disk=24, appendfsync="everysec", auto_aof_rewrite_percentage="0")
        ballast = Ballast(server.folder, mebibytes=12)
        return FullServer(Store(server.url, StoreKeys(server.url, "backstage")), ballast.drop)

    @pytest.fixture(params=["full_postgresql", "full_redis", "full_disk_of_redis"])
    def full(self, request: pytest.FixtureRequest) -> Iterator[FullServer]:
        full = request.getfixturevalue(request.param)
        assert isinstance(full, FullServer)
        yield full

    @pytest.fixture
    def store(self, full: FullServer) -> Store:
        return full.store

    async def test_a_full_server_refuses_new_tasks_and_loses_none_that_it_accepted(
        self, backstage: Container, full: FullServer, start_worker: StartWorker
    ) -> None:
        accepted = await _fill(backstage)
        worker = start_worker()
        full.make_room()
        late = await _enqueue_at_last(backstage)
        for task in [*accepted, late]:
            await until_answer("its end", state_is(backstage, task, TaskState.COMPLETED), 60)
        assert worker.is_alive
        inside = full.store.inside
        assert await inside.counts() == await inside.recount()
        assert await inside.problems() == []


async def _enqueue_at_last(backstage: Container) -> Task:
    """The task, once the server has noticed its new room.

    A PostgreSQL that has no room for its log ends, and so breaks off a call that did not ask for the room itself.
    """
    stored: list[Task] = []

    async def is_stored() -> bool:
        with contextlib.suppress(StorageFullError, StorageUnavailableError):
            stored.append(await enqueue(backstage, "journey:short", LARGE))
        return bool(stored)

    await until_answer("room", is_stored)
    return stored[0]


async def _fill(backstage: Container) -> list[Task]:
    """Enqueue until there is no room, and return what was accepted."""
    accepted: list[Task] = []
    with pytest.raises(StorageFullError):
        while len(accepted) < 10_000:
            accepted.append(await enqueue(backstage, "journey:short", LARGE))
    assert accepted
    return accepted
