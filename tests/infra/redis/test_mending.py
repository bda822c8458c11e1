"""What somebody has deleted, or a slot that was moved under an older release has lost, is mended by the sweep."""

from __future__ import annotations

import pytest
import redis

from backstage.conformance.trial import LEASE, Trial
from backstage.domain.finding import Finding, Severity
from backstage.domain.retention import Retention
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from backstage.infra.redis.backend import RedisBackend

TYPES = frozenset({"email:send"})


async def counts_finding(url: str) -> Finding:
    [counts] = [each for each in await RedisBackend.from_url(url, None).diagnose() if each.name == "counts"]
    return counts


@pytest.fixture
def of_queue(prefix: str) -> str:
    return f"{{{prefix}:default}}:"


async def test_tasks_whose_hashes_were_deleted_keep_nothing_busy(
    trial: Trial, server: redis.Redis, of_queue: str
) -> None:
    """Waiting, waiting beside the line, delayed and running ones: after a sweep they are counted no more."""
    early = trial.new_task()
    tasks = [await trial.added() for _ in range(6)]
    await trial.tasks.add([early])
    later = await trial.added(delay=60.0)
    running = await trial.claim(2)
    server.delete(*(f"{of_queue}task:{task.id}" for task in [*tasks, early, later, *running]))
    assert not await trial.queue.is_idle(TYPES, None)
    await trial.queue.reclaim(3, 10)
    assert await trial.tally() == {}
    assert await trial.queue.is_idle(TYPES, None)
    trial.clock.advance(61 + LEASE)
    assert await trial.claim(10) == ()
    assert not server.exists(f"{of_queue}leases", f"{of_queue}later", f"{of_queue}live:email:send")


async def test_a_claim_forgets_the_tasks_that_it_finds_gone(trial: Trial, server: redis.Redis, of_queue: str) -> None:
    gone, kept = await trial.added(), await trial.added()
    server.delete(f"{of_queue}task:{gone.id}")
    assert [task.id for task in await trial.claim(10)] == [kept.id]
    assert await trial.tally() == {("default", "email:send", TaskState.RUNNING): (1, 0)}


async def test_an_ended_task_that_is_gone_is_pruned_like_others(
    trial: Trial, server: redis.Redis, of_queue: str
) -> None:
    tasks = [await trial.running() for _ in range(3)]
    await trial.queue.settle([task.completed() for task in tasks])
    server.delete(f"{of_queue}task:{tasks[0].id}")
    assert await trial.tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 10) == 3
    assert await trial.tally() == {("default", "email:send", TaskState.COMPLETED): (3, 3)}
    assert not server.exists(f"{of_queue}ids:c:email:send")


async def test_negative_and_lost_counts_are_told_and_made_anew(
    trial: Trial, server: redis.Redis, of_queue: str, redis_url: str
) -> None:
    ended = await trial.running()
    await trial.settle(ended.completed())
    await trial.running()
    await trial.added()
    await trial.added(delay=60.0)
    right = await trial.tally()
    for damage in ({"p:email:send": -1500}, {"c:email:send": 0, "r:email:send": 7}, {"l:email:send": -3}):
        server.hset(f"{of_queue}counts", mapping=damage)  # type: ignore[arg-type]
        assert (await counts_finding(redis_url)).status is Severity.WARNING
        await trial.queue.reclaim(3, 10)
        assert await trial.tally() == right
        assert (await counts_finding(redis_url)).status is Severity.OK
    server.delete(f"{of_queue}counts")
    await trial.queue.reclaim(3, 10)
    assert await trial.tally() == right
    assert not await trial.queue.is_idle(TYPES, None)


async def test_tasks_that_no_index_has_are_told_and_put_back(
    trial: Trial, server: redis.Redis, of_queue: str, redis_url: str
) -> None:
    """As a slot that was moved under a release before 0508 left them: nothing but their hashes."""
    ended = await trial.running(workflow_id="w")
    await trial.settle(ended.completed())
    running = await trial.running()
    tasks = [await trial.added() for _ in range(3)]
    later = await trial.added(delay=60.0)
    right, seen = await trial.tally(), await trial.tasks.find(TaskQuery())
    names = [key for key in server.scan_iter(f"{of_queue}*", count=1000) if ":task:" not in key]
    server.delete(*names)
    assert await trial.tally() == {}
    [orphans] = [each for each in await RedisBackend.from_url(redis_url, None).diagnose() if each.name == "orphans"]
    assert (orphans.status, orphans.detail[:1]) == (Severity.WARNING, "6")
    for _ in range(50):
        trial.clock.advance(0.2)
        await trial.queue.reclaim(3, 10)
        if await trial.tally() == right:
            break
        trial.clock.advance(5.0)
    assert await trial.tally() == right
    assert await trial.tasks.find(TaskQuery()) == seen
    assert [task.id for task in (await trial.tasks.find(TaskQuery(workflow_id="w"))).tasks] == [ended.id]
    waiting = [*tasks, later] if later.scheduled_at <= trial.clock.now() else tasks
    assert [task.id for task in await trial.claim(10)] == [task.id for task in waiting]
    assert await trial.settle(running.completed()) is TaskState.COMPLETED
