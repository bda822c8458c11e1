"""The number of a store's format: a release refuses a store that a newer one has made its own."""

from __future__ import annotations

import pytest
import redis

from backstage.domain.errors import ConfigurationError
from backstage.infra.redis.backend import RedisBackend
from backstage.infra.redis.opening import FORMAT


@pytest.fixture
def about(prefix: str) -> str:
    return f"{{{prefix}}}:about"


async def test_a_new_store_has_the_number_of_the_release(redis_url: str, server: redis.Redis, about: str) -> None:
    await _opened(redis_url)
    assert server.hget(about, "format") == str(FORMAT)


async def test_a_store_of_a_newer_format_is_refused_in_one_line(
    redis_url: str, server: redis.Redis, about: str
) -> None:
    await _opened(redis_url)
    server.hset(about, "format", FORMAT + 1)
    with pytest.raises(
        ConfigurationError, match=rf"has format {FORMAT + 1}, but this Backstage knows only {FORMAT}: upgrade"
    ):
        await _opened(redis_url)


async def test_a_store_without_a_number_has_the_first_format(redis_url: str, server: redis.Redis, about: str) -> None:
    await _opened(redis_url)
    server.delete(about)
    await _opened(redis_url)
    assert not server.exists(about)


async def _opened(url: str) -> None:
    backend = RedisBackend.from_url(url, None)
    await backend.open()
    await backend.close()
