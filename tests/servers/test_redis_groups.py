from __future__ import annotations

import redis

from tests.servers.redis_cluster import RedisCluster
from tests.servers.redis_sentinel import SERVICE, RedisSentinel


def test_the_clusters_nodes_share_the_keys(redis_cluster: RedisCluster) -> None:
    [first, *_] = redis_cluster.nodes
    with redis.RedisCluster.from_url(first.url) as client:
        for n in range(100):
            client.set(f"{{{n}}}", n)
        assert all(client.dbsize(target_nodes=node) for node in client.get_primaries())


def test_the_replica_takes_over_with_what_the_primary_had(own_redis_sentinel: RedisSentinel) -> None:
    seeds = [("127.0.0.1", each.port) for each in own_redis_sentinel.sentinels]
    client = redis.Sentinel(seeds).master_for(SERVICE)  # type: ignore[no-untyped-call]
    client.set("key", "kept")
    assert client.execute_command("WAIT", 1, 5000) == 1
    own_redis_sentinel.fail_over()
    assert client.get("key") == b"kept"
    assert client.set("key", "new")
    client.close()
