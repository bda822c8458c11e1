from __future__ import annotations

import redis

from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.dedupe import Dedupe
from backstage.domain.retention import Retention
from backstage.domain.task_state import FINAL_STATES
from tests.infra.redis.key_space import keys_of

KEPT = {"{}:about", "{}:queues", "{}:control", "{}:group", "{:default}:counts", "{:mail}:counts"}


async def test_nothing_but_counters_is_left_after_a_drain_and_its_retention(
    trial: Trial, server: redis.Redis, prefix: str
) -> None:
    await _live_through_everything(trial)
    trial.clock.advance(3600)
    while batch := await trial.claim(10):
        await trial.queue.settle([task.completed("1") for task in batch])
    trial.clock.advance(3600)
    for state in sorted(FINAL_STATES):
        while await trial.tasks.prune(Retention(state=state, keep_last=0), 50):
            pass
    assert keys_of(server, prefix) == KEPT


async def test_a_drained_queue_keeps_no_stream(trial: Trial, server: redis.Redis, prefix: str) -> None:
    await trial.tasks.add([trial.new_task(priority=n % 3) for n in range(30)])
    while batch := await trial.claim(7):
        await trial.queue.settle([task.completed() for task in batch])
    assert [key for key in keys_of(server, prefix) if ":line:" in key or "tails" in key or "levels" in key] == []


async def test_running_tasks_are_what_the_group_holds_as_pending(
    trial: Trial, server: redis.Redis, prefix: str
) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(10)])
    claimed = await trial.claim(6)
    await trial.queue.settle([task.released() for task in claimed[:2]])
    again = await trial.claim(1)
    line, early = f"{{{prefix}:default}}:line:0:email:send", f"{{{prefix}:default}}:claimed"
    pending = [server.xpending(stream, "backstage-workers")["pending"] for stream in (line, early)]
    assert pending == [4, 1]
    await trial.queue.settle([task.completed() for task in (*claimed[2:], *again)])
    assert server.xpending(line, "backstage-workers")["pending"] == 0
    assert not server.exists(early)


async def test_no_waiting_task_is_ever_trimmed(trial: Trial, server: redis.Redis, prefix: str) -> None:
    await trial.tasks.add([trial.new_task() for _ in range(500)])
    await trial.queue.settle([task.completed() for task in await trial.claim(100)])
    assert server.xlen(f"{{{prefix}:default}}:line:0:email:send") == 400


async def _live_through_everything(trial: Trial) -> None:
    ends = [
        await trial.running(priority=9, key="k", tags=("t",), dedupe=Dedupe(f"k{n}", ttl=60.0 if n % 2 else None))
        for n in range(6)
    ]
    await trial.queue.settle(
        [
            ends[0].completed("1", next_tasks=(trial.new_task(queue="mail", workflow_id="w", correlation_id="c"),)),
            ends[1].gave_up(BROKEN),
            ends[2].cancelled(),
            ends[3].released(),
            ends[4].failed(BROKEN, POLICY, 0.0),
        ]
    )
    trial.clock.advance(LEASE + 1)
    await trial.queue.reclaim(3, 10)
    await trial.added(delay=60.0)
    gone = await trial.added(delay=90.0)
    await trial.tasks.save(gone.cancel(trial.clock.now()))
    dead = await trial.tasks.get(ends[1].id)
    await trial.tasks.save(dead.retry(trial.clock.now()))
