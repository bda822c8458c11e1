from __future__ import annotations

from datetime import timedelta

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.backoff import Backoff
from backstage.domain.later import Later
from backstage.domain.ports.queue_control import QUEUE

Waits = dict[tuple[str, str], float]
LANE = ("default", "email:send")


class WaitingLongest(BackendSuite):
    """TaskRepository.oldest_due: how long the work of each queue and type has waited."""

    async def test_due_tasks_of_a_queue_are_counted_up_to_a_number(self, trial: Trial) -> None:
        for delay in (0.0, 0.0, 30.0, 90.0):
            await trial.added(queue="mail", delay=delay)
        await trial.added()
        assert await trial.tasks.count_due("mail", 100) == 2
        trial.clock.advance(30.0)
        assert await trial.tasks.count_due("mail", 100) == 3
        assert await trial.tasks.count_due("mail", 1) == 1
        [claimed] = await trial.claim(queues={"mail": 0})
        assert await trial.tasks.count_due("mail", 100) == 2
        await trial.settle(claimed.completed())
        assert await trial.tasks.count_due("nowhere", 100) == 0

    async def test_what_is_not_due_yet_is_counted_apart_by_whether_it_has_run(self, trial: Trial) -> None:
        assert await trial.tasks.count_later(10) == Later(0, 0, None, None, True)
        begun = trial.clock.now()
        await trial.added(queue="mail", delay=90.0)
        await trial.added(queue="other", delay=60.0)
        assert await trial.tasks.count_later(10) == Later(2, 0, begun + timedelta(seconds=60), None, True)
        await trial.added(queue="mail")
        [claimed] = await trial.claim()
        await trial.settle(claimed.snoozed(30.0))
        due = (await trial.tasks.get(claimed.id)).scheduled_at
        assert await trial.tasks.count_later(10) == Later(3, 0, due, None, True)
        await trial.added(queue="mail")
        [claimed] = await trial.claim()
        await trial.settle(claimed.failed(BROKEN, POLICY, 0.5))
        retry = (await trial.tasks.get(claimed.id)).scheduled_at
        assert await trial.tasks.count_later(10) == Later(3, 1, due, retry, True)
        trial.clock.advance(60.0)
        assert await trial.tasks.count_later(10) == Later(1, 0, begun + timedelta(seconds=90), None, True)

    async def test_of_what_is_not_due_yet_a_number_is_counted(self, trial: Trial) -> None:
        for delay in range(1, 6):
            await trial.added(delay=float(delay))
        later = await trial.tasks.count_later(2)
        assert later.next_scheduled == trial.clock.now() + timedelta(seconds=1)
        assert (later.scheduled, later.is_whole) in ((2, False), (5, True))

    async def test_in_an_empty_store_nothing_waits(self, trial: Trial) -> None:
        assert await trial.tasks.oldest_due() == []

    async def test_each_queue_and_type_tells_its_oldest_due_task(self, trial: Trial) -> None:
        await trial.added(queue="x", type="a")
        trial.clock.advance(30)
        await trial.added(queue="x", type="a")
        await trial.added(queue="x", type="b")
        trial.clock.advance(10)
        await trial.added(queue="y", type="a")
        assert await _waits(trial) == {("x", "a"): 40.0, ("x", "b"): 10.0, ("y", "a"): 0.0}
        assert [(row.queue, row.type) for row in await trial.tasks.oldest_due()] == [("x", "a"), ("x", "b"), ("y", "a")]

    async def test_the_oldest_may_have_the_lowest_of_many_priorities(self, trial: Trial) -> None:
        for priority in (0, 100, -7, 5, 1):
            await trial.added(priority=priority)
            trial.clock.advance(1)
        await trial.claim()
        assert await _waits(trial) == {LANE: 5.0}
        await trial.claim(2)
        assert await _waits(trial) == {LANE: 5.0}
        await trial.claim()
        assert await _waits(trial) == {LANE: 3.0}

    async def test_a_wait_begins_when_the_task_is_due(self, trial: Trial) -> None:
        await trial.added(delay=60.0)
        trial.clock.advance(59)
        assert await _waits(trial) == {}
        trial.clock.advance(21)
        assert await _waits(trial) == {LANE: 20.0}

    async def test_what_fell_due_while_nobody_claimed_counts_beside_what_was_due(self, trial: Trial) -> None:
        await trial.added(priority=9)
        await trial.added(type="later", delay=10.0)
        await trial.added(delay=5.0)
        trial.clock.advance(30)
        assert await _waits(trial) == {LANE: 30.0, ("default", "later"): 20.0}

    async def test_only_pending_tasks_wait(self, trial: Trial) -> None:
        running, ended = [await trial.running() for _ in range(2)]
        await trial.settle(ended.completed())
        cancelled = await trial.added()
        await trial.tasks.save(cancelled.cancel(trial.clock.now()))
        trial.clock.advance(5)
        assert await _waits(trial) == {}
        await trial.settle(running.released())
        assert await _waits(trial) == {LANE: 5.0}

    async def test_a_retry_waits_from_the_end_of_its_backoff(self, trial: Trial) -> None:
        running = await trial.running(backoff=Backoff.fixed(8.0))
        await trial.settle(running.failed(BROKEN, POLICY, 0.0))
        trial.clock.advance(7)
        assert await _waits(trial) == {}
        trial.clock.advance(3)
        assert await _waits(trial) == {LANE: 2.0}

    async def test_the_task_of_a_dead_worker_waits_since_it_was_due(self, trial: Trial) -> None:
        await trial.running()
        trial.clock.advance(LEASE + 1)
        await trial.queue.reclaim(5, 10)
        await trial.added(priority=3)
        assert await _waits(trial) == {LANE: LEASE + 1}

    async def test_paused_work_waits_too(self, trial: Trial) -> None:
        await trial.control.pause(QUEUE, "default")
        await trial.added()
        trial.clock.advance(3)
        assert await _waits(trial) == {LANE: 3.0}


async def _waits(trial: Trial) -> Waits:
    return {(row.queue, row.type): row.waited for row in await trial.tasks.oldest_due()}
