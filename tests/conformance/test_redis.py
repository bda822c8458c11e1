from __future__ import annotations

import pytest

from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.joining import RefusesTransactionsSuite
from backstage.conformance.sharing import SharedStoreSuite
from backstage.conformance.suite import ConformanceSuite
from backstage.infra.redis.backend import RedisBackend
from tests.servers.redis_server import RedisServer


class TestRedis(ConformanceSuite, SharedStoreSuite, RefusesTransactionsSuite):
    @pytest.fixture
    def new_store(self, redis_server: RedisServer) -> NewStore:
        def new_store() -> Connect:
            url = redis_server.new_store()
            return lambda clock: RedisBackend.from_url(url, clock)

        return new_store
