from __future__ import annotations

from collections.abc import Callable

import asyncpg

from tests.servers.pooler import PgBouncer
from tests.servers.transaction_pooler import TransactionPooler


async def test_the_machines_pooler_is_in_transaction_mode(
    postgres_url: str, pooler: Callable[..., PgBouncer | TransactionPooler]
) -> None:
    url = pooler(postgres_url, size=1).url
    first, second = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(2)]
    async with first.transaction():
        within = await first.fetchval("SELECT pg_backend_pid()")
    assert await second.fetchval("SELECT pg_backend_pid()") == within
    await first.close()
    await second.close()
