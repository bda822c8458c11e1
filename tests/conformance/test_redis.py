from __future__ import annotations

import pytest

from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.joining import RefusesTransactionsSuite
from backstage.conformance.sharing import SharedStoreSuite
from backstage.conformance.suite import ConformanceSuite
from backstage.infra.redis.backend import RedisBackend
from tests.infra.redis.acl_user import make_user
from tests.servers.redis_server import RedisServer


@pytest.fixture(scope="module")
def login_url(redis_server: RedisServer) -> str:
    """The shared server's, for a user that may do no more than docs/redis.md lists."""
    return make_user(redis_server.url)


class TestRedis(ConformanceSuite, SharedStoreSuite, RefusesTransactionsSuite):
    @pytest.fixture
    def new_store(self, redis_server: RedisServer, login_url: str) -> NewStore:
        def new_store() -> Connect:
            url = f"{login_url}{'&' if '?' in login_url else '?'}prefix={redis_server.new_prefix()}"
            return lambda clock: RedisBackend.from_url(url, clock)

        return new_store
