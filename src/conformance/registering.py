from __future__ import annotations

from dataclasses import replace
from typing import Any

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import LEASE, Trial
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
