from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import LEASE, Trial
from backstage.domain.bulk_action import BulkAction, BulkKind
from backstage.domain.bulk_operation import BulkOperation, BulkState
from backstage.domain.cron_task import CronTask
from backstage.domain.store_signs import NOTHING, SOMETHING, StoreSigns
from backstage.domain.subscription import Subscription
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerOrder, WorkerStacks

DAY = 86_400.0


class Registering(BackendSuite):
    """WorkerRegistry: who is alive, and what is asked of whom."""

    async def test_at_first_there_are_no_workers(self, trial: Trial) -> None:
        assert await trial.registry.workers(DAY) == []

    async def test_a_worker_that_beat_is_told_as_it_described_itself(self, trial: Trial) -> None:
        worker = _worker(
            trial, "w1", queues=("mail", "reports"), types=("a", "b"), running=("1", "2"), is_stopping=True
        )
        await trial.registry.beat(worker)
        assert await trial.registry.workers(60.0) == [worker]

    async def test_a_worker_is_told_with_its_memory_and_the_lag_of_its_event_loop(self, trial: Trial) -> None:
        worker = _worker(
            trial,
            "w1",
            memory=123_456_789_012,
            memory_limit=1 << 40,
            loop_lag=0.0,
            python="3.13.1",
            is_quiet=True,
            is_called=True,
        )
        await trial.registry.beat(worker)
        assert await trial.registry.workers(60.0) == [worker]

    async def test_nothing_is_asked_of_a_worker_at_first(self, trial: Trial) -> None:
        answer = await trial.registry.beat(_worker(trial, "w1"))
        assert (answer.order, answer.stacks_request) == (WorkerOrder.WORK, None)

    async def test_an_order_is_told_to_its_worker_alone_with_every_beat_until_another_is_given(
        self, trial: Trial
    ) -> None:
        one, other = _worker(trial, "w1"), _worker(trial, "w2")
        for worker in (one, other):
            await trial.registry.beat(worker)
        told = []
        for order in (WorkerOrder.QUIET, WorkerOrder.STOP, WorkerOrder.WORK):
            assert await trial.registry.give_order("w1", order)
            told += [(await trial.registry.beat(one)).order for _ in range(2)]
        assert told == [*["quiet"] * 2, *["stop"] * 2, *["work"] * 2]
        assert (await trial.registry.beat(other)).order is WorkerOrder.WORK

    async def test_what_is_asked_of_a_worker_is_seen_before_it_beats(self, trial: Trial) -> None:
        await trial.registry.beat(_worker(trial, "w1"))
        await trial.registry.give_order("w1", WorkerOrder.QUIET)
        assert [worker.order for worker in await trial.registry.workers(60.0)] == [WorkerOrder.QUIET]

    async def test_nobody_can_be_asked_who_is_not_there(self, trial: Trial) -> None:
        assert not await trial.registry.give_order("nobody", WorkerOrder.QUIET)
        assert await trial.registry.request_stacks("nobody", "1") is None
        await trial.registry.put_stacks("nobody", WorkerStacks("1", trial.clock.now(), "a"))
        assert await trial.registry.stacks("nobody") is None

    async def test_a_worker_that_left_has_forgotten_what_was_asked_of_it(self, trial: Trial) -> None:
        worker = _worker(trial, "w1")
        await trial.registry.beat(worker)
        await trial.registry.give_order("w1", WorkerOrder.STOP)
        await trial.registry.request_stacks("w1", "1")
        await trial.registry.put_stacks("w1", WorkerStacks("1", trial.clock.now(), "a"))
        await trial.registry.request_stacks("w1", "2")
        await trial.registry.leave("w1")
        answer = await trial.registry.beat(worker)
        assert (answer.order, answer.stacks_request) == (WorkerOrder.WORK, None)
        assert await trial.registry.stacks("w1") is None

    async def test_a_request_for_stacks_waits_until_it_is_answered_and_others_wait_for_the_same(
        self, trial: Trial
    ) -> None:
        worker = _worker(trial, "w1")
        await trial.registry.beat(worker)
        assert await trial.registry.request_stacks("w1", "first") == "first"
        assert await trial.registry.request_stacks("w1", "second") == "first"
        assert (await trial.registry.beat(worker)).stacks_request == "first"
        stacks = WorkerStacks("first", trial.clock.now(), 'File "höst.py", line 1')
        await trial.registry.put_stacks("w1", stacks)
        assert await trial.registry.stacks("w1") == stacks
        assert (await trial.registry.beat(worker)).stacks_request is None
        assert await trial.registry.request_stacks("w1", "third") == "third"

    async def test_the_moment_of_a_beat_is_the_stores_own(self, trial: Trial) -> None:
        worker = _worker(trial, "w1")
        trial.clock.advance(7.5)
        await trial.registry.beat(worker)
        assert await trial.registry.workers(60.0) == [replace(worker, seen_at=trial.clock.now())]

    async def test_a_later_beat_replaces_the_earlier(self, trial: Trial) -> None:
        worker = _worker(trial, "w1")
        await trial.registry.beat(worker)
        trial.clock.advance(1)
        busy = replace(worker, running=("a task",), seen_at=trial.clock.now())
        await trial.registry.beat(busy)
        assert await trial.registry.workers(60.0) == [busy]

    async def test_workers_are_told_by_id(self, trial: Trial) -> None:
        for name in ("w3", "w1", "w2"):
            await trial.registry.beat(_worker(trial, name))
        assert [worker.id for worker in await trial.registry.workers(60.0)] == ["w1", "w2", "w3"]

    async def test_only_those_who_beat_lately_are_told(self, trial: Trial) -> None:
        await trial.registry.beat(_worker(trial, "silent"))
        trial.clock.advance(50)
        await trial.registry.beat(_worker(trial, "alive"))
        trial.clock.advance(20)
        assert [worker.id for worker in await trial.registry.workers(60.0)] == ["alive"]
        assert [worker.id for worker in await trial.registry.workers(80.0)] == ["alive", "silent"]

    async def test_a_worker_that_left_is_not_told(self, trial: Trial) -> None:
        await trial.registry.beat(_worker(trial, "w1"))
        await trial.registry.leave("w1")
        assert await trial.registry.workers(60.0) == []

    async def test_leaving_without_ever_having_beaten_is_fine(self, trial: Trial) -> None:
        await trial.registry.leave("nobody")
        assert await trial.registry.workers(60.0) == []

    async def test_a_worker_that_left_may_come_back(self, trial: Trial) -> None:
        worker = _worker(trial, "w1")
        await trial.registry.beat(worker)
        await trial.registry.leave("w1")
        await trial.registry.beat(worker)
        assert await trial.registry.workers(60.0) == [worker]

    async def test_a_worker_unseen_for_a_day_is_forgotten(self, trial: Trial) -> None:
        await trial.registry.beat(_worker(trial, "w1"))
        trial.clock.advance(DAY + 1)
        assert await trial.registry.workers(60.0) == []
        assert await trial.registry.workers(10 * DAY) == []

    async def test_every_beat_tells_the_same_generation_of_the_store(self, trial: Trial) -> None:
        first = (await trial.registry.beat(_worker(trial, "w1"))).generation
        assert first
        assert (await trial.registry.beat(_worker(trial, "w1"))).generation == first
        assert (await trial.registry.beat(_worker(trial, "w2"))).generation == first

    async def test_a_beat_tells_of_each_change_of_subscriptions(self, trial: Trial) -> None:
        """Where the store can tell, as with all signs; else it says that there may be something."""
        seen = [await _signs(trial)]
        for events in (("worker-task:failed",), ("worker-task:completed",)):
            await trial.subscriptions.put(Subscription(name="alerts", events=events))
            seen += [await _signs(trial), await _signs(trial)]
        await trial.subscriptions.delete("alerts")
        nothing, first, first_again, second, second_again, at_last = [
            each.subscriptions for each in [*seen, await _signs(trial)]
        ]
        assert nothing == at_last in (NOTHING, SOMETHING)
        assert first == first_again and second == second_again
        assert SOMETHING in (first, second) or first != second
        assert NOTHING not in (first, second)

    async def test_a_beat_tells_of_each_change_of_schedules(self, trial: Trial) -> None:
        seen = [(await _signs(trial)).schedules]
        for expression in ("0 4 * * *", "0 5 * * *"):
            await trial.schedules.put(CronTask(expression, "clean-up", name="nightly"))
            seen.append((await _signs(trial)).schedules)
        await trial.schedules.pause("nightly")
        seen.append((await _signs(trial)).schedules)
        assert NOTHING not in seen[1:]
        assert all(before != after or after is SOMETHING for before, after in pairwise(seen))
        await trial.schedules.delete("nightly")
        assert (await _signs(trial)).schedules == seen[0]

    async def test_a_beat_tells_that_something_is_leased_or_many_are_worked_on(self, trial: Trial) -> None:
        before = await _signs(trial)
        task = await trial.running()
        prioritise = BulkAction(BulkKind.PRIORITISE, priority=-5)
        operation = BulkOperation(
            id="1",
            action=prioritise,
            query="state:pending",
            state=BulkState.PLANNED,
            total=7,
            planned_at=trial.clock.now(),
        )
        await trial.bulk_operations.save(operation)
        during = await _signs(trial)
        assert (during.leases, during.bulk) == (SOMETHING, SOMETHING)
        await trial.settle(task.completed())
        await trial.bulk_operations.delete("1")
        assert await _signs(trial) == before

    async def test_a_worker_that_misses_its_beats_is_lost_and_gone_when_its_lease_is_over(self, trial: Trial) -> None:
        await trial.registry.beat(_worker(trial, "w1", lease=LEASE, release="1.2.3"))
        seen = []
        for _ in range(4):
            seen.append([(each.id, each.release, each.is_lost) for each in await trial.registry.workers(DAY)])
            trial.clock.advance(LEASE / 3 + 0.1)
        assert seen == [[("w1", "1.2.3", False)], [("w1", "1.2.3", False)], [("w1", "1.2.3", True)], []]

    async def test_a_worker_of_an_earlier_release_says_neither_lease_nor_release(self, trial: Trial) -> None:
        await trial.registry.beat(_worker(trial, "w1"))
        trial.clock.advance(40)
        [worker] = await trial.registry.workers(60.0)
        assert (worker.lease, worker.release, worker.tells_listeners, worker.is_lost) == (None, None, False, True)

    async def test_a_worker_that_left_still_holds_its_tasks(self, trial: Trial) -> None:
        running = await trial.running(worker_id="w1")
        await trial.registry.beat(_worker(trial, "w1", running=(running.id,)))
        await trial.registry.leave("w1")
        assert await trial.queue.held_by("w1") == [running]


async def _signs(trial: Trial) -> StoreSigns:
    return (await trial.registry.beat(_worker(trial, "w1"))).signs


def _worker(trial: Trial, id: str, **fields: Any) -> WorkerInfo:
    now = trial.clock.now()
    defaults: dict[str, Any] = {
        "id": id,
        "host": "höst",
        "pid": 4242,
        "started_at": now,
        "seen_at": now,
        "concurrency": 10,
        "queues": (),
        "types": ("email:send",),
    }
    return WorkerInfo(**(defaults | fields))
