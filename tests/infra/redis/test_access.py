"""Passwords, users, TLS, Sentinel: how one gets to the server, or is told why not."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import redis

from backstage import Worker
from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.waking import LONG, PROMPT
from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.domain.hint import Hint
from backstage.infra.redis.backend import RedisBackend
from backstage.infra.redis.opening import refuse_old
from backstage.infra.redis.scripts import script
from backstage.testing.fake_clock import FakeClock
from tests.infra.redis.acl_user import NAME, PASSWORD, documented_rules
from tests.journeys.waiting import until_answer
from tests.servers.free_port import free_port
from tests.servers.redis_instance import RedisInstance
from tests.servers.redis_sentinel import RedisSentinel
from tests.servers.tls_front import TlsFront

T = TypeVar("T")


async def test_a_server_that_is_not_there_is_unavailable_in_one_line() -> None:
    backend = RedisBackend.from_url(f"redis://u:hush@127.0.0.1:{free_port()}/0", None)
    with pytest.raises(StorageUnavailableError) as caught:
        await backend.open()
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)
    await backend.close()


@pytest.mark.parametrize("login", ["", ":wrong@", "nobody:wrong@"])
async def test_a_wrong_login_is_a_matter_of_configuration(own_redis: Callable[..., RedisInstance], login: str) -> None:
    instance = own_redis(requirepass="s3cret")
    backend = RedisBackend.from_url(f"redis://{login}127.0.0.1:{instance.port}/0", None)
    with pytest.raises(ConfigurationError, match="refuses the login"):
        await backend.open()


async def test_a_password_opens(own_redis: Callable[..., RedisInstance]) -> None:
    instance = own_redis(requirepass="s3/c@ret")
    backend = RedisBackend.from_url(f"redis://:s3%2Fc%40ret@127.0.0.1:{instance.port}/0", None)
    await backend.open()
    await backend.close()


async def test_a_user_that_may_not_read_the_configuration_is_warned_of_eviction(
    own_redis: Callable[..., RedisInstance],
) -> None:
    url, entries = _user_of(own_redis(), documented_rules("backstage")), []
    worker = Worker(url, until_idle=True, silent=True, log_handler=entries.append)
    worker.on("email:send", lambda: None)
    await worker.enqueue("email:send")
    await worker.run()
    warned, *others = [entry["event"] for entry in entries]
    assert warned == "redis_policy_unknown"
    assert "task_completed" in others


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        (["+get"], "run get: ACL SETUSER NAME +get;"),
        (["+evalsha"], "run evalsha: ACL SETUSER NAME +evalsha;"),
        (["+zadd", "+xgroup|create"], "run zadd, xgroup|create: ACL SETUSER NAME +zadd +xgroup|create;"),
    ],
)
async def test_a_user_that_may_too_little_is_told_what_to_grant(
    own_redis: Callable[..., RedisInstance], lacking: list[str], named: str
) -> None:
    rules = [rule for rule in documented_rules("backstage") if rule not in lacking]
    backend = RedisBackend.from_url(_user_of(own_redis(), rules), None)
    with pytest.raises(ConfigurationError, match=re.escape(named)) as caught:
        await backend.open()
    assert "\n" not in str(caught.value)
    assert "docs/redis.md" in str(caught.value)


async def test_every_command_that_is_documented_as_needed_by_scripts_is_tried_at_the_start() -> None:
    tried = set(re.findall(r"\{ '([a-z|]+)'", script("check_access").text))
    sent = {"evalsha", "eval", "subscribe", "unsubscribe", "publish", "ping", "client|setname", "hello", "wait"}
    assert tried == {rule[1:] for rule in documented_rules("backstage") if rule.startswith("+")} - sent


async def test_a_user_that_may_not_hear_a_channel_of_its_own_is_woken_all_the_same(
    own_redis: Callable[..., RedisInstance], clock: FakeClock
) -> None:
    rules = ["&{backstage}:wake" if rule.startswith("&") else rule for rule in documented_rules("backstage")]
    url = _user_of(own_redis(), [rule for rule in rules if rule != "+unsubscribe"])
    async with (
        on_trial(lambda clock: RedisBackend.from_url(url, clock), clock, TaskFactory(clock)) as trial,
        trial.backend.wakeup("w1") as wakeup,
        asyncio.timeout(PROMPT),
    ):
        assert not wakeup.is_called
        await wakeup.call(["w2"], Hint.CALL)
        await trial.added()
        assert await wakeup.wait(LONG) == Hint.WORK


@pytest.mark.parametrize("version", [b"6.0.16", b"5.0.7"])
def test_an_older_server_is_refused(version: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"needs Redis 6\.2 or newer, or Valkey 7\.2 or newer"):
        refuse_old({b"version": version}, "redis://h")


@pytest.mark.parametrize("version", [b"6.2.0", b"7.2.4", b"8.0.2", b"10.1"])
def test_a_newer_server_is_not(version: bytes) -> None:
    refuse_old({b"version": version}, "redis://h")


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("redis://127.0.0.1:{}/99", "no database with that number"),
        ("redis+cluster://127.0.0.1:{}", "is not a cluster"),
        ("redis+sentinel://127.0.0.1:{}/mymaster", "does not know a command .*SENTINEL"),
    ],
)
async def test_a_server_of_another_kind_is_a_matter_of_configuration(
    own_redis: Callable[..., RedisInstance], address: str, problem: str
) -> None:
    backend = RedisBackend.from_url(address.format(own_redis().port), None)
    with pytest.raises(ConfigurationError, match=problem):
        await backend.open()


@pytest.mark.parametrize("address", ["redis+cluster://127.0.0.1:{}", "redis+sentinel://127.0.0.1:{}/mymaster"])
async def test_servers_of_which_none_is_there_are_unavailable_in_one_line(address: str) -> None:
    backend = RedisBackend.from_url(address.format(free_port()), None)
    with pytest.raises(StorageUnavailableError) as caught:
        await backend.open()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def _user_of(instance: RedisInstance, rules: list[str]) -> str:
    """The server's URL for a new user with these rules."""
    with redis.Redis.from_url(instance.url) as admin:
        admin.execute_command("ACL", "SETUSER", NAME, *rules)
    return f"redis://{NAME}:{PASSWORD}@127.0.0.1:{instance.port}/0"


async def test_a_store_is_reached_over_tls(redis_url: str, tmp_path: Path, clock: FakeClock) -> None:
    with TlsFront(redis_url, tmp_path) as front:
        url = f"{front.url}&ssl_ca_certs={front.authority}"
        async with on_trial(lambda clock: RedisBackend.from_url(url, clock), clock, TaskFactory(clock)) as trial:
            task = await trial.added()
            async with trial.backend.wakeup() as wakeup:
                await wakeup.wait(0.0)
            assert await trial.tasks.get(task.id) == task
        assert front.connections_encrypted > 1


async def test_a_certificate_of_nobody_we_trust_is_refused(redis_url: str, tmp_path: Path) -> None:
    with TlsFront(redis_url, tmp_path) as front:
        backend = RedisBackend.from_url(front.url, None)
        with pytest.raises(ConfigurationError, match="certificate"):
            await backend.open()


async def test_the_group_is_the_first_openers_choice(redis_url: str) -> None:
    first = RedisBackend.from_url(redis_url, None, consumer_group="shop")
    await first.open()
    await first.close()
    second = RedisBackend.from_url(redis_url, None)
    await second.open()
    await second.close()
    third = RedisBackend.from_url(redis_url, None, consumer_group="other")
    with pytest.raises(ConfigurationError, match="BACKSTAGE_CONSUMER_GROUP=shop"):
        await third.open()


async def test_a_failover_is_survived(own_redis_sentinel: RedisSentinel, clock: FakeClock) -> None:
    url = f"{own_redis_sentinel.url}?wait_replicas=1"
    async with on_trial(lambda clock: RedisBackend.from_url(url, clock), clock, TaskFactory(clock)) as trial:
        tasks = [trial.new_task() for _ in range(20)]
        await trial.tasks.add(tasks)
        running = await trial.claim(5)
        await trial.queue.settle(
            [task.released() for task in running[:2]]
        )  # waits until the replica has the claims too
        own_redis_sentinel.fail_over()
        held = await _insisted(lambda: trial.queue.held_by("w1"))
        assert {task.id for task in held} == {task.id for task in running[2:]}
        assert [task.id for task in await trial.claim(50)] == [t.id for t in tasks[:2] + tasks[5:]]


async def test_a_write_that_no_replica_confirms_is_not_durable(redis_url: str, clock: FakeClock) -> None:
    url = f"{redis_url}&wait_replicas=1&socket_timeout=1"
    async with on_trial(lambda clock: RedisBackend.from_url(url, clock), clock, TaskFactory(clock)) as trial:
        with pytest.raises(StorageUnavailableError, match="not durable: 0 of 1"):
            await trial.added()


async def _insisted(call: Callable[[], Awaitable[T]]) -> T:
    """The answer, once the connections to the former primary have broken and the Sentinels agree on the new one."""
    answers: list[T] = []

    async def is_answered() -> bool:
        with contextlib.suppress(StorageUnavailableError):
            answers.append(await call())
        return bool(answers)

    await until_answer("an answer", is_answered)
    return answers[0]
