from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis.asyncio

from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.joining import RefusesTransactionsSuite
from backstage.conformance.set_clock import SetClockSuite
from backstage.conformance.sharing import SharedStoreSuite
from backstage.conformance.spoiling import Scribble, Spoil, SpoiltTasksSuite
from backstage.conformance.suite import ConformanceSuite
from backstage.domain.task import Task
from backstage.infra.redis.backend import RedisBackend
from backstage.infra.redis.keys import Keys
from backstage.infra.redis.rows import pack, unpack
from tests.conformance.set_server import SetServer
from tests.conformance.sizes import Sized
from tests.infra.redis.acl_user import make_user
from tests.servers.redis_server import RedisServer


@pytest.fixture(scope="module")
def login_url(redis_server: RedisServer) -> str:
    """The shared server's, for a user that may do no more than docs/redis.md lists."""
    return make_user(redis_server.url)


class TestRedis(Sized, ConformanceSuite, SharedStoreSuite, SpoiltTasksSuite, RefusesTransactionsSuite, SetClockSuite):
    @pytest.fixture
    def prefixes(self, redis_server: RedisServer) -> Iterator[list[str]]:
        """Of the stores that the test has made; the first is the one its trial is on."""
        yield []
        redis_server.delete_prefixes()

    @pytest.fixture
    def spoil(self, redis_server: RedisServer, prefixes: list[str]) -> Spoil:
        names = {"deliveries": "fence", "last_failure": "failure", "dedupe_ttl": "ttl", "created_at": "created"}

        async def spoil(task: Task, field: str, value: Any) -> Any:
            key, name = f"{Keys(prefixes[0]).queue(task.queue)}:task:{task.id}", names.get(field, field)
            async with redis.asyncio.Redis.from_url(redis_server.url, decode_responses=True) as client:
                before = await client.hget(key, name)
                if value is None:
                    await client.hdel(key, name)
                else:
                    await client.hset(key, name, value)
            return int(before) if (before or "").lstrip("-").isdigit() else before

        return spoil

    @pytest.fixture
    def scribble(self, redis_server: RedisServer, prefixes: list[str]) -> Scribble:
        async def scribble(kind: str) -> None:
            keys = Keys(prefixes[0])
            if kind == "attempt":
                await _spoil_attempts(redis_server.url, f"{keys.queue('default')}:attempts:*")
                return
            key, field, value = {
                "subscription": (keys.subscriptions, "odd", '{"events": 1}'),
                "worker": (keys.workers, "odd", "no moment and no json"),
                "count": (f"{keys.queue('default')}:counts", "z:a", "1"),
            }[kind]
            async with redis.asyncio.Redis.from_url(redis_server.url) as client:
                await client.hset(key, field, value)

        return scribble

    @pytest.fixture
    def new_store(self, redis_server: RedisServer, login_url: str, prefixes: list[str]) -> NewStore:
        def new_store() -> Connect:
            prefixes.append(redis_server.new_prefix())
            url = f"{login_url}{'&' if '?' in login_url else '?'}prefix={prefixes[-1]}"
            return lambda clock: RedisBackend.from_url(url, clock)

        return new_store

    @pytest.fixture
    def clocked_server(self, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> SetServer:
        url = f"{redis_server.url}?prefix={redis_server.new_prefix()}"
        return SetServer(monkeypatch, "backstage.infra.redis.backend", lambda: RedisBackend.from_url(url, None))


async def _spoil_attempts(url: str, pattern: str) -> None:
    async with redis.asyncio.Redis.from_url(url) as client:
        async for key in client.scan_iter(pattern):
            number, worker, started, ended, _, failure = unpack(await client.hget(key, "1"))
            await client.hset(key, "1", pack([number, worker, started, ended, "paused", failure]))
