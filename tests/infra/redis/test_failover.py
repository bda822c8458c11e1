"""A failover that leaves sockets open: old connections are to a server that serves no more, new ones to the primary."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
import redis
from redis import exceptions

from backstage import Worker
from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import LEASE
from backstage.conformance.waking import LONG, PROMPT
from backstage.domain.errors import StorageUnavailableError
from backstage.infra.redis.backend import RedisBackend
from backstage.infra.redis.store_errors import is_of_another_server, translate
from backstage.testing.fake_clock import FakeClock
from tests.servers.free_port import free_port
from tests.servers.redis_cluster import RedisCluster
from tests.servers.redis_instance import RedisInstance
from tests.servers.tcp_proxy import TcpProxy

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pair:
    """A primary with a replica, behind an address that leads to the primary."""

    proxy: TcpProxy
    old: redis.Redis
    new: redis.Redis
    new_url: str

    def fail_over(self) -> None:
        self.new.replicaof("NO", "ONE")
        self.proxy.lead_to(self.new_url)

    def connections_to_old(self) -> int:
        return sum(client["name"] == "backstage" for client in self.old.client_list())


@pytest.fixture
def pair(own_redis: Callable[..., RedisInstance]) -> Iterator[Pair]:
    old, new = own_redis(repl_diskless_sync_delay="0"), own_redis()
    with (
        TcpProxy(old.url) as proxy,
        redis.Redis.from_url(old.url, decode_responses=True, socket_timeout=30) as old_admin,
        redis.Redis.from_url(new.url, decode_responses=True) as new_admin,
    ):
        new_admin.replicaof("127.0.0.1", str(old.port))
        yield Pair(proxy, old_admin, new_admin, new.url)


async def served(step: Callable[[], Awaitable[T]]) -> T:
    """The answer of the step, asked for again until the primary is reached."""
    async with asyncio.timeout(PROMPT):
        while True:
            try:
                return await step()
            except StorageUnavailableError:
                await asyncio.sleep(0.05)


async def test_a_worker_stops_without_an_error_while_nothing_can_be_written(pair: Pair) -> None:
    worker = Worker(pair.proxy.url, silent=True, poll_interval=0.05, grace_period=0.5)
    worker.on("email:send", lambda _: None)
    await worker.start()
    pair.old.replicaof("127.0.0.1", str(free_port()))
    with pytest.raises(StorageUnavailableError):
        await worker.enqueue("email:send")
    async with asyncio.timeout(LONG):
        await worker.stop()


def demoted_behind_sentinel() -> Exception:
    """What the driver makes of READONLY where Sentinel names the primary."""
    error = exceptions.ConnectionError("The previous master is now a slave")
    error.__context__ = exceptions.ReadOnlyError("You can't write against a read only replica.")
    return error


@pytest.mark.parametrize("sign", ["READONLY", "MASTERDOWN"])
async def test_commands_leases_and_wakeups_leave_a_server_that_serves_no_more(
    pair: Pair, clock: FakeClock, sign: str
) -> None:
    new_task = TaskFactory(clock)
    async with on_trial(lambda clock: RedisBackend.from_url(pair.proxy.url, clock), clock, new_task) as trial:
        running, channel = await trial.running(), trial.backend._client.keys.wake_channel  # type: ignore[attr-defined]
        held = {running.id: running.fence}
        async with trial.backend.lease_queue() as leases, trial.backend.wakeup() as wakeup:  # type: ignore[attr-defined]
            await leases.renew(held, LEASE)
            await asyncio.gather(*(trial.added() for _ in range(3)))
            assert pair.old.wait(1, 0) == 1
            pair.fail_over()
            pair.old.config_set("replica-serve-stale-data", "no" if sign == "MASTERDOWN" else "yes")
            pair.old.replicaof("127.0.0.1", str(free_port()))
            with pytest.raises(StorageUnavailableError):
                await trial.added()
            await served(trial.added)
            assert not (await served(lambda: leases.renew(held, LEASE))).lost
            async with asyncio.timeout(PROMPT):
                while pair.connections_to_old():
                    await wakeup.wait(0.05)
                while not pair.new.pubsub_numsub(channel)[0][1]:
                    await wakeup.wait(0.05)
                await wakeup.wait(0.0)
                await trial.added()
                await wakeup.wait(LONG)
            assert len(await trial.claim(10)) == 5


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ReadOnlyError("You can't write against a read only replica."),
        exceptions.ResponseError("ERR Error running script: @user_script: 1: -READONLY You can't write"),
        exceptions.BusyLoadingError("Redis is loading the dataset in memory"),
        exceptions.MasterDownError("Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
        exceptions.ClusterDownError("The cluster is down"),
        exceptions.TryAgainError("Multiple keys request during rehashing of slot"),
        demoted_behind_sentinel(),
    ],
)
def test_a_server_that_serves_no_more_or_not_yet_makes_the_store_unavailable(error: Exception) -> None:
    assert is_of_another_server(error)
    assert isinstance(translate(error, "redis://host"), StorageUnavailableError)


async def test_a_cluster_is_asked_for_its_nodes_anew_and_calls_under_way_come_to_their_end(
    redis_cluster: RedisCluster, clock: FakeClock
) -> None:
    new_task = TaskFactory(clock)
    async with on_trial(lambda clock: RedisBackend.from_url(redis_cluster.url, clock), clock, new_task) as trial:
        client = trial.backend._client  # type: ignore[attr-defined]
        adding = [asyncio.create_task(trial.added(queue=f"q{n}")) for n in range(10)]
        await asyncio.sleep(0)
        client.epoch.end(client.epoch.number)
        await trial.added()
        await asyncio.gather(*adding)
        assert len(await trial.claim(20)) == 11
