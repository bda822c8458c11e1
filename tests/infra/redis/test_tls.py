from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.infra.redis.backend import RedisBackend
from tests.servers.free_port import free_port
from tests.servers.tls_front import TlsFront


@pytest.mark.parametrize("option", ["ssl_ca_certs", "ssl_certfile", "ssl_keyfile"])
async def test_a_file_that_is_missing_is_a_wrong_setting_and_no_outage(
    redis_url: str, tmp_path: Path, option: str
) -> None:
    with TlsFront(redis_url, tmp_path) as front:
        files = {"ssl_ca_certs": str(front.authority), option: f"{tmp_path}/none.pem"}
        query = "".join(f"&{name}={path}" for name, path in files.items())
        with pytest.raises(ConfigurationError, match=f"{option}={tmp_path}/none.pem cannot be read"):
            await RedisBackend.from_url(f"{front.url}{query}", None).open()


async def test_tls_to_a_server_that_speaks_in_the_clear_is_a_wrong_url(redis_url: str) -> None:
    url = redis_url.replace("redis://", "rediss://") + "&socket_timeout=1"
    with pytest.raises(ConfigurationError, match="does not speak TLS: begin the URL with redis"):
        await RedisBackend.from_url(url, None).open()


async def test_speaking_in_the_clear_to_a_server_of_tls_is_a_wrong_url(redis_url: str, tmp_path: Path) -> None:
    with TlsFront(redis_url, tmp_path) as front:
        url = front.url.replace("rediss://", "redis://") + "&socket_timeout=1"
        with pytest.raises(ConfigurationError, match="speaks TLS: begin the URL with rediss"):
            await RedisBackend.from_url(url, None).open()


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
async def test_a_server_that_is_away_is_an_outage(scheme: str) -> None:
    with pytest.raises(StorageUnavailableError):
        await RedisBackend.from_url(f"{scheme}://127.0.0.1:{free_port()}/0", None).open()


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_calls_go_over_tls_on_either_event_loop(
    redis_url: str, tmp_path: Path, factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def call(url: str) -> list[str]:
        store = RedisBackend.from_url(url, None)
        await store.open()
        replies = await asyncio.gather(*(store._client.command("ECHO", "x" * 100_000) for _ in range(20)))
        await store.close()
        return replies

    with TlsFront(redis_url, tmp_path) as front, asyncio.Runner(loop_factory=factory) as runner:
        replies = runner.run(call(f"{front.url}&ssl_ca_certs={front.authority}"))
    assert replies == [b"x" * 100_000] * 20
