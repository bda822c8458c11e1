"""That servers come up, end as they are told to, and keep what a durable server must keep."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg
import pytest
import redis

from tests.servers.postgres_instance import PostgresInstance
from tests.servers.postgres_server import PostgresServer
from tests.servers.redis_instance import RedisInstance
from tests.servers.redis_server import RedisServer


async def _rows(url: str, *statements: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return [row for statement in statements for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def test_each_database_is_new_and_empty(postgres_server: PostgresServer) -> None:
    first, second = await postgres_server.new_database(), await postgres_server.new_database()
    await _rows(first, "CREATE TABLE here (n int)")
    assert await _rows(second, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


def test_the_shared_redis_takes_streams_and_scripts(redis_server: RedisServer) -> None:
    prefix = redis_server.new_prefix()
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        client.xadd(f"{prefix}:stream", {"id": "1"})
        assert client.eval("return redis.call('XLEN', KEYS[1])", 1, f"{prefix}:stream") == 1


async def test_a_killed_postgres_comes_back_on_its_port_with_all_it_said_it_had(
    own_postgres: Callable[..., PostgresInstance],
) -> None:
    server = own_postgres()
    url = server.url
    await _rows(url, "CREATE TABLE kept (n int)", "INSERT INTO kept SELECT generate_series(1, 1000)")
    server.kill()
    with pytest.raises(OSError):
        await _rows(url, "SELECT 1")
    server.start()
    assert server.url == url
    [row] = await _rows(url, "SELECT count(*) FROM kept")
    assert row[0] == 1000


def test_a_killed_redis_comes_back_on_its_port_with_all_it_said_it_had(own_redis: Callable[..., RedisInstance]) -> None:
    server = own_redis()
    with redis.Redis.from_url(server.url) as client:
        for n in range(100):
            client.set(f"key-{n}", n)
    server.kill()
    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.dbsize() == 100


def test_a_frozen_redis_is_silent_until_it_thaws(own_redis: Callable[..., RedisInstance]) -> None:
    server = own_redis()
    with redis.Redis.from_url(server.url, socket_timeout=0.2, retry=None) as client:
        assert client.ping()
        server.freeze()
        with pytest.raises(redis.TimeoutError):
            client.ping()
    server.thaw()
    with redis.Redis.from_url(server.url) as client:
        assert client.ping()


def test_a_small_disk_is_full_soon(own_redis: Callable[..., RedisInstance]) -> None:
    server = own_redis(disk=4, auto_aof_rewrite_percentage="0")
    with redis.Redis.from_url(server.url) as client, pytest.raises(redis.RedisError):
        for n in range(64):
            client.set(f"key-{n}", "x" * 100_000)
