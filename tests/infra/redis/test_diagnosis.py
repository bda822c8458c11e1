from __future__ import annotations

from collections.abc import Callable

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.domain.finding import Finding, Severity
from backstage.infra.redis.backend import RedisBackend
from backstage.testing.fake_clock import FakeClock
from tests.servers.redis_cluster import RedisCluster
from tests.servers.redis_instance import RedisInstance


async def test_a_server_that_is_well_set_up_has_nothing_to_remedy(own_redis: Callable[..., RedisInstance]) -> None:
    instance = own_redis(maxmemory="256mb", hash_max_listpack_value="1024")
    findings = await RedisBackend.from_url(instance.url, None).diagnose()
    assert [each for each in findings if each.status is not Severity.OK] == []
    assert [each.name for each in findings] == [
        "server version",
        "persistence",
        "memory",
        "replicas",
        "eviction policy",
        "running tasks",
        "outbox",
        "lanes",
        "counts",
        "orphans",
    ]


async def test_what_makes_tasks_large_is_told_without_a_warning(own_redis: Callable[..., RedisInstance]) -> None:
    findings = await RedisBackend.from_url(own_redis(hash_max_listpack_value="64").url, None).diagnose()
    [hashes] = [each for each in findings if each.name == "hashes"]
    assert _is(hashes, Severity.OK, "set hash-max-listpack-value 1024")


async def test_what_endangers_tasks_is_told_with_its_remedy(own_redis: Callable[..., RedisInstance]) -> None:
    instance = own_redis(appendonly="no", maxmemory_policy="allkeys-lru")
    findings = await RedisBackend.from_url(f"{instance.url}?wait_replicas=1", None).diagnose()
    bad = {each.name: each for each in findings if each.status is not Severity.OK}
    assert bad["persistence"].remedy.startswith("set appendonly yes")
    assert bad["memory"].remedy.startswith("set maxmemory")
    assert _is(bad["eviction policy"], Severity.ERROR, "set maxmemory-policy noeviction")
    assert _is(bad["replicas"], Severity.ERROR, "bring the replicas back, or lower wait_replicas")


async def test_what_a_loss_of_power_undoes_is_read_off_the_server(own_redis: Callable[..., RedisInstance]) -> None:
    for sync, status in (("always", Severity.OK), ("everysec", Severity.OK), ("no", Severity.WARNING)):
        findings = await RedisBackend.from_url(own_redis(appendfsync=sync).url, None).diagnose()
        [persistence] = [each for each in findings if each.name == "persistence"]
        assert persistence.status is status
        assert f"appendfsync {sync}: " in persistence.detail


async def test_running_tasks_are_counted_as_leases_and_as_entries(redis_url: str, clock: FakeClock) -> None:
    async with on_trial(lambda clock: RedisBackend.from_url(redis_url, clock), clock, TaskFactory(clock)) as trial:
        await trial.running()
        findings = await RedisBackend.from_url(redis_url, None).diagnose()
    [running] = [each for each in findings if each.name == "running tasks"]
    assert running.detail == "1 leases and 1 delivered entries that are not acknowledged"


async def test_a_thousand_lanes_are_warned_of(redis_url: str, clock: FakeClock) -> None:
    async with on_trial(lambda clock: RedisBackend.from_url(redis_url, clock), clock, TaskFactory(clock)) as trial:
        await trial.tasks.add([trial.new_task(type=f"t{n % 500}", priority=n // 500) for n in range(1000)])
        findings = await RedisBackend.from_url(redis_url, None).diagnose()
    [lanes] = [each for each in findings if each.name == "lanes"]
    assert lanes.status is Severity.WARNING
    assert lanes.detail.startswith("1,000 lanes")


async def test_each_node_of_a_cluster_is_examined(redis_cluster: RedisCluster) -> None:
    findings = await RedisBackend.from_url(redis_cluster.url, None).diagnose()
    assert sum(each.name == "server version" and each.status is Severity.OK for each in findings) == 3


def _is(finding: Finding, status: Severity, remedy: str) -> bool:
    return (finding.status, finding.remedy) == (status, remedy)
