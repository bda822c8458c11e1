from __future__ import annotations

from uuid import uuid4

import pytest

from backstage.conformance.adding import Adding
from backstage.conformance.backend_suite import Connect, NewStore
from backstage.conformance.counting import Counting
from backstage.conformance.explaining import Explaining
from backstage.conformance.firing import Firing
from backstage.conformance.opening import Opening
from backstage.conformance.ordering import Ordering
from backstage.conformance.overtaking import Overtaking
from backstage.conformance.pruning import Pruning
from backstage.conformance.set_clock import SetClockSuite
from backstage.conformance.settling import Settling
from backstage.conformance.steering import Steering
from backstage.conformance.waking import Waking
from backstage.infra.redis.backend import RedisBackend
from tests.conformance.set_server import SetServer
from tests.servers.redis_cluster import RedisCluster


class TestRedisCluster(
    Opening,
    Adding,
    Ordering,
    Settling,
    Counting,
    Pruning,
    Steering,
    Explaining,
    Firing,
    Waking,
    Overtaking,
    SetClockSuite,
):
    """The scripts are those of one server: these suites have what spans queues, and so nodes."""

    @pytest.fixture
    def new_store(self, redis_cluster: RedisCluster) -> NewStore:
        def new_store() -> Connect:
            url = f"{redis_cluster.url}?prefix=test-{uuid4().hex}"
            return lambda clock: RedisBackend.from_url(url, clock)

        return new_store

    @pytest.fixture
    def clocked_server(self, redis_cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch) -> SetServer:
        url = f"{redis_cluster.url}?prefix=test-{uuid4().hex}"
        return SetServer(monkeypatch, "backstage.infra.redis.backend", lambda: RedisBackend.from_url(url, None))
