"""What a server never takes, being too large for it: refused by itself, and nobody else's loss."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backstage.conformance.backend_suite import on_trial
from backstage.conformance.task_factory import TaskFactory
from backstage.infra.redis.backend import RedisBackend
from backstage.infra.redis.outbox import Outbox
from backstage.testing.fake_clock import FakeClock
from tests.servers.redis_instance import RedisInstance
from tests.worker.too_large import one_end_is_too_large
from tests.worker.workers import Workers


async def test_an_end_that_is_too_large_for_the_server_is_a_failed_attempt(
    own_redis: Callable[..., RedisInstance],
) -> None:
    await one_end_is_too_large(Workers(own_redis(proto_max_bulk_len="1mb").url))


async def test_more_tasks_than_one_message_may_carry_are_stored_and_claimed(
    own_redis: Callable[..., RedisInstance], clock: FakeClock
) -> None:
    instance, new_task = own_redis(proto_max_bulk_len="18mb"), TaskFactory(clock)
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        tasks = [trial.new_task(payload_json=f'"{"x" * 1_000_000}"') for _ in range(20)]
        assert await trial.tasks.add(tasks) == [None] * 20
        claimed = [*await trial.claim(50), *await trial.claim(50)]
        assert [task.id for task in claimed] == [task.id for task in tasks]


async def test_chained_tasks_for_another_queue_are_delivered_in_messages_that_the_server_takes(
    own_redis: Callable[..., RedisInstance], clock: FakeClock
) -> None:
    instance, new_task = own_redis(proto_max_bulk_len="18mb"), TaskFactory(clock)
    async with on_trial(lambda clock: RedisBackend.from_url(instance.url, clock), clock, new_task) as trial:
        running = [await trial.running() for _ in range(2)]
        following = [trial.new_task(queue="other", payload_json=f'"{"x" * 1_000_000}"') for _ in range(20)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Outbox, "deliver", _not_now)
            for at, task in enumerate(running):
                await trial.settle(task.completed(next_tasks=tuple(following[10 * at : 10 * at + 10])))
        await trial.queue.reclaim(5, 10)  # does what a client that died has left undone
        assert len(await trial.claim(50)) + len(await trial.claim(50)) == 20


async def _not_now(*_: object) -> None:
    """As if the client died."""
