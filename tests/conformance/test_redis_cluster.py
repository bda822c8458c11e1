from __future__ import annotations

from uuid import uuid4

import pytest

from backstage.conformance.adding import Adding
from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.counting import Counting
from backstage.conformance.firing import Firing
from backstage.conformance.opening import Opening
from backstage.conformance.ordering import Ordering
from backstage.conformance.pruning import Pruning
from backstage.conformance.settling import Settling
from backstage.conformance.steering import Steering
from backstage.conformance.waking import Waking
from backstage.infra.redis.backend import RedisBackend
from tests.servers.redis_cluster import RedisCluster


class TestRedisCluster(Opening, Adding, Ordering, Settling, Counting, Pruning, Steering, Firing, Waking):
    """The scripts are those of one server: these suites have what spans queues, and so nodes."""

    @pytest.fixture
    def new_store(self, redis_cluster: RedisCluster) -> NewStore:
        def new_store() -> Connect:
            url = f"{redis_cluster.url}?prefix=test-{uuid4().hex}"
            return lambda clock: RedisBackend.from_url(url, clock)

        return new_store
