from __future__ import annotations

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.limits import LATEST
from backstage.domain.portions import MOST_BYTES
from backstage.domain.task_state import TaskState


class Claiming(BackendSuite):
    """TaskQueue.claim: what is given, and what is not."""

    async def test_a_claim_makes_exactly_the_move_the_entity_makes(self, trial: Trial) -> None:
        pending = await trial.added()
        trial.clock.advance(1.5)
        [claimed] = await trial.claim()
        assert claimed == pending.claim(trial.lease(), trial.clock.now())
        assert await trial.tasks.get(pending.id) == claimed

    async def test_nothing_due_is_an_empty_claim(self, trial: Trial) -> None:
        answer = await trial.ask(5)
        assert (answer.tasks, answer.next_due_in) == ((), None)

    async def test_a_claimed_task_is_not_given_again(self, trial: Trial) -> None:
        await trial.added()
        assert len(await trial.claim()) == 1
        assert await trial.claim(worker_id="w2") == ()

    async def test_a_claim_gives_no_more_than_its_limit(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task() for _ in range(5)])
        assert [len(await trial.claim(2)) for _ in range(4)] == [2, 2, 1, 0]

    async def test_every_claim_raises_the_fence(self, trial: Trial) -> None:
        await trial.added()
        fences = []
        for _ in range(3):
            [claimed] = await trial.claim()
            fences.append(claimed.fence)
            await trial.settle(claimed.released())
        assert fences == [1, 2, 3]

    async def test_a_claim_forgets_the_progress_of_the_run_before(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.queue.report_progress(running.id, running.fence, 0.5, "half")
        await trial.settle(running.released())
        [again] = await trial.claim()
        assert (again.progress, again.progress_note) == (None, None)

    async def test_every_type_of_a_whole_queue_is_claimed_and_only_there(self, trial: Trial) -> None:
        named = await trial.added(queue="other", priority=9)
        unnamed = await trial.added(type="report:build", queue="mail", priority=8)
        waits = await trial.added(type="later:on", queue="mail", delay=10.0)
        await trial.added(type="report:build", queue="other", priority=7)
        await trial.added(queue="nobodys", priority=6)
        whole = {"queues": {"mail": 0, "other": 0}, "whole_queue": "mail"}
        assert [task.id for task in await trial.claim(5, **whole)] == [named.id, unnamed.id]
        trial.clock.advance(10.1)
        assert [task.id for task in await trial.claim(5, types=frozenset(), **whole)] == [waits.id]
        assert await trial.claim(5, **whole) == ()

    async def test_a_whole_queue_obeys_priorities_limits_and_pauses(self, trial: Trial) -> None:
        types = [f"type:{n}" for n in range(5)]
        added = [await trial.added(type=each, queue="mail", priority=n) for n, each in enumerate(types)]
        await trial.control.pause("type", types[4])
        whole = {"types": frozenset(), "queues": {"mail": 0}, "whole_queue": "mail"}
        assert [task.id for task in await trial.claim(2, **whole)] == [added[3].id, added[2].id]
        await trial.control.pause("queue", "mail")
        assert await trial.claim(5, **whole) == ()
        await trial.control.resume("queue", "mail")
        await trial.control.resume("type", types[4])
        assert [task.id for task in await trial.claim(5, **whole)] == [added[4].id, added[1].id, added[0].id]

    async def test_a_future_task_is_not_claimed_before_its_time(self, trial: Trial) -> None:
        await trial.added(delay=10.0)
        trial.clock.advance(9.999)
        assert await trial.claim() == ()
        trial.clock.advance(0.002)
        assert len(await trial.claim()) == 1

    async def test_a_task_is_due_at_its_very_moment(self, trial: Trial) -> None:
        pending = await trial.added(delay=10.0)
        trial.clock.set_wall(pending.scheduled_at)
        assert len(await trial.claim()) == 1

    async def test_a_task_that_becomes_due_brings_along_none_that_is_not_due_yet(self, trial: Trial) -> None:
        first, second = await trial.added(delay=5.0), await trial.added(delay=10.0, priority=9)
        trial.clock.advance(5.0)
        assert [task.id for task in await trial.claim(5)] == [first.id]
        assert await trial.claim(5) == ()
        trial.clock.advance(5.0)
        assert [task.id for task in await trial.claim(5)] == [second.id]

    async def test_a_claim_tells_when_the_next_task_is_due(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task(delay=delay) for delay in (30.0, 10.0, 20.0)])
        trial.clock.advance(2.5)
        assert (await trial.ask()).next_due_in == pytest.approx(7.5, abs=0.001)

    async def test_the_next_due_time_is_told_beside_what_was_claimed(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task(), trial.new_task(delay=12.0)])
        answer = await trial.ask(5)
        assert len(answer.tasks) == 1
        assert answer.next_due_in == pytest.approx(12.0, abs=0.001)

    async def test_a_retry_in_waiting_counts_as_the_next_due_task(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.snoozed(42.0))
        assert (await trial.ask()).next_due_in == pytest.approx(42.0, abs=0.001)

    async def test_a_cancelled_task_is_no_longer_the_next_due_one(self, trial: Trial) -> None:
        task = await trial.added(delay=10.0)
        await trial.tasks.save(task.cancel(trial.clock.now()))
        assert (await trial.ask()).next_due_in is None

    async def test_the_last_moment_that_a_task_may_be_due_is_told(self, trial: Trial) -> None:
        await trial.added(scheduled_at=LATEST)
        seconds = (LATEST - trial.clock.now()).total_seconds()
        assert (await trial.ask()).next_due_in == pytest.approx(seconds, rel=1e-6)

    async def test_a_task_of_an_unknown_type_stays_pending(self, trial: Trial) -> None:
        unknown = await trial.added(type="report:build")
        assert await trial.claim(5) == ()
        assert await trial.tasks.get(unknown.id) == unknown

    async def test_unknown_types_in_front_do_not_hide_known_ones(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task(type="report:build", priority=100) for _ in range(50)])
        known = await trial.added()
        assert [task.id for task in await trial.claim(5)] == [known.id]

    async def test_a_type_is_matched_exactly(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task(type=name) for name in ("email:send2", "email:", "Email:send", "email")])
        assert await trial.claim(5) == ()

    async def test_a_worker_of_several_types_is_given_them_all(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task(type=name) for name in ("a", "b", "c")])
        assert {task.type for task in await trial.claim(5, types=frozenset({"a", "c"}))} == {"a", "c"}

    async def test_a_worker_of_no_type_is_given_nothing(self, trial: Trial) -> None:
        await trial.added()
        assert await trial.claim(5, types=frozenset()) == ()

    async def test_only_the_named_queues_are_served(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task(queue=name) for name in ("mail", "reports", "default")])
        claimed = await trial.claim(5, queues={"mail": 0, "reports": 0})
        assert {task.queue for task in claimed} == {"mail", "reports"}

    async def test_without_names_every_queue_is_served(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task(queue=name) for name in ("mail", "reports", "default")])
        assert {task.queue for task in await trial.claim(5)} == {"mail", "reports", "default"}

    async def test_no_queue_named_is_nothing_given(self, trial: Trial) -> None:
        await trial.added()
        assert await trial.claim(5, queues={}) == ()

    async def test_the_held_tasks_of_a_worker_are_those_it_claimed(self, trial: Trial) -> None:
        mine, _theirs = await trial.running(worker_id="w1"), await trial.running(worker_id="w2")
        also_mine = await trial.running(worker_id="w1")
        held = await trial.queue.held_by("w1")
        assert sorted(held, key=lambda task: task.id) == [mine, also_mine]

    async def test_a_settled_task_is_held_by_nobody(self, trial: Trial) -> None:
        for end in ("completed", "released", "cancelled"):
            running = await trial.running()
            await trial.settle(getattr(running, end)())
            assert await trial.queue.held_by("w1") == []
            await trial.claim(worker_id="elsewhere")

    async def test_a_lease_is_shown_as_long_as_it_was_asked_for(self, trial: Trial) -> None:
        await trial.added()
        [claimed] = await trial.claim(lease=12.25)
        assert claimed.lease == trial.lease(seconds=12.25)

    async def test_a_claimed_attempt_is_counted_from_one(self, trial: Trial) -> None:
        running = await trial.running()
        assert running.attempt == 1
        await trial.settle(running.failed(BROKEN, POLICY, 0.0))
        trial.clock.advance(1.1)
        [again] = await trial.claim()
        assert (again.attempt, again.state) == (2, TaskState.RUNNING)

    async def test_a_claim_hands_out_payloads_of_a_bounded_size_in_their_order(self, trial: Trial) -> None:
        large, per_claim = f'"{"x" * 1_000_000}"', 16
        tasks = [trial.new_task(payload_json=large) for _ in range(per_claim + 3)]
        await trial.tasks.add(tasks)
        claims = [await trial.ask(50) for _ in range(2)]
        assert [task.id for claimed in claims for task in claimed.tasks] == [task.id for task in tasks]
        assert len(claims[0].tasks) == per_claim
        assert claims[0].next_due_in is not None and claims[0].next_due_in < 0.1
        trial.clock.advance(LEASE + 1)
        taken_back = []
        while reclaimed := await trial.queue.reclaim(5, 50):
            taken_back += reclaimed
        assert sorted(task.id for task, _ in taken_back) == [task.id for task in tasks]
        assert len(await trial.claim(50)) == per_claim

    async def test_a_claim_of_several_queues_hands_out_payloads_of_a_bounded_size(self, trial: Trial) -> None:
        large = f'"{"x" * 1_000_000}"'
        await trial.tasks.add([trial.new_task(payload_json=large, queue=f"q{number % 2}") for number in range(18)])
        first, second = await trial.claim(50), await trial.claim(50)
        assert sum(task.size for task in first) <= MOST_BYTES
        assert len(first) + len(second) == 18
