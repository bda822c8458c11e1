from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest
import redis

from tests.journeys.waiting import until
from tests.servers.redis_server import RedisServer
from tests.servers.tcp_proxy import TcpProxy


@pytest.fixture
def key(redis_server: RedisServer) -> str:
    return redis_server.new_prefix()


@pytest.fixture
def proxy(redis_server: RedisServer) -> Iterator[TcpProxy]:
    with TcpProxy(redis_server.url) as proxy:
        yield proxy


@pytest.fixture
def direct(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url) as client:
        yield client


@pytest.fixture
def client(proxy: TcpProxy) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(proxy.url, socket_timeout=0.5, retry=None) as client:
        yield client


def test_it_passes_all_on(client: redis.Redis, key: str) -> None:
    text = b"\x00\r\n" * 300_000
    assert client.set(key, text)
    assert client.get(key) == text


def test_a_cut_ends_the_connections_there_are_and_takes_new_ones(
    proxy: TcpProxy, client: redis.Redis, key: str
) -> None:
    with client.pubsub() as subscriber:  # type: ignore[no-untyped-call]
        subscriber.subscribe(key)
        assert subscriber.get_message(timeout=5)
        assert proxy.cut() == 1
        with pytest.raises(redis.ConnectionError):
            subscriber.connection.read_response()
    assert client.ping()
    assert proxy.connections_made == 2


def test_a_stalled_connection_is_open_and_silent_until_it_flows(
    proxy: TcpProxy, client: redis.Redis, direct: redis.Redis, key: str
) -> None:
    client.set(key, "before")
    proxy.stall()
    with pytest.raises(redis.TimeoutError):
        client.set(key, "after")
    assert direct.get(key) == b"before"
    proxy.flow()
    assert client.get(key) in (b"before", b"after")


def test_a_lost_reply_leaves_its_request_applied_once(
    proxy: TcpProxy, client: redis.Redis, direct: redis.Redis, key: str
) -> None:
    client.set(key, 0)
    lost = proxy.lose_reply(b"INCRBY", key.encode())
    client.get(key)
    with pytest.raises(redis.ConnectionError):
        client.incr(key)
    assert lost.has_happened
    assert direct.get(key) == b"1"
    assert client.incr(key) == 2


def test_what_was_seen_on_another_connection_does_not_count(proxy: TcpProxy, client: redis.Redis, key: str) -> None:
    with redis.Redis.from_url(proxy.url) as other:
        other.get(f"{key}:first")
        lost = proxy.lose_reply(f"{key}:first".encode(), f"{key}:second".encode())
        assert client.get(f"{key}:second") is None
        assert not lost.has_happened


async def test_a_lost_reply_to_a_commit_leaves_the_transaction_committed(postgres_url: str) -> None:
    direct = await asyncpg.connect(postgres_url)
    await direct.execute("CREATE TABLE noted (text text)")
    with TcpProxy(postgres_url) as proxy:
        through = await asyncpg.connect(proxy.url)
        lost = proxy.lose_reply(b"a marked text", b"COMMIT")
        with pytest.raises((OSError, asyncpg.PostgresConnectionError)):
            async with through.transaction():
                await through.execute("INSERT INTO noted VALUES ($1)", "a marked text")
                assert not lost.has_happened
        assert lost.has_happened
        assert await direct.fetchval("SELECT count(*) FROM noted") == 1
        await until("the end of the connection", through.is_closed)
    await direct.close()
