"""What a server never takes, being too large for it: refused by itself, and nobody else's loss."""

from __future__ import annotations

from collections.abc import Callable

from tests.servers.redis_instance import RedisInstance
from tests.worker.too_large import one_end_is_too_large
from tests.worker.workers import Workers


async def test_an_end_that_is_too_large_for_the_server_is_a_failed_attempt(
    own_redis: Callable[..., RedisInstance],
) -> None:
    await one_end_is_too_large(Workers(own_redis(proto_max_bulk_len="1mb").url))
