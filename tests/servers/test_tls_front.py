from __future__ import annotations

import ssl
from pathlib import Path

import asyncpg
import pytest
import redis

from tests.servers.redis_server import RedisServer
from tests.servers.tls_front import TlsFront


def test_redis_speaks_tls_to_who_trusts_its_authority(redis_server: RedisServer, tmp_path: Path) -> None:
    with TlsFront(redis_server.url, tmp_path) as front:
        with redis.Redis.from_url(front.url, ssl_ca_certs=str(front.authority)) as client:
            assert client.ping()
        assert front.connections_encrypted == 1
        with redis.Redis.from_url(front.url, retry=None) as stranger, pytest.raises(redis.ConnectionError):
            stranger.ping()


async def test_postgres_speaks_tls_to_who_trusts_its_authority(postgres_url: str, tmp_path: Path) -> None:
    with TlsFront(postgres_url, tmp_path) as front:
        context = ssl.create_default_context(cafile=str(front.authority))
        connection = await asyncpg.connect(front.url, ssl=context)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        assert front.connections_encrypted == 1
        with pytest.raises((OSError, asyncpg.PostgresError)):
            await asyncpg.connect(front.url, ssl=False)
