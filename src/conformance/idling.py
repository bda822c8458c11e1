from __future__ import annotations

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.task_factory import A_TYPE
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.dedupe import Dedupe

KNOWN = frozenset({A_TYPE})


class Idling(BackendSuite):
    """TaskQueue.is_idle: whether there is anything left to wait for."""

    async def test_an_empty_store_is_idle(self, trial: Trial) -> None:
        assert await trial.queue.is_idle(KNOWN, None)

    async def test_a_due_task_is_something_to_wait_for(self, trial: Trial) -> None:
        await trial.added()
        assert not await trial.queue.is_idle(KNOWN, None)

    async def test_a_running_task_is_something_to_wait_for(self, trial: Trial) -> None:
        await trial.running()
        assert not await trial.queue.is_idle(KNOWN, None)

    async def test_a_task_in_the_hands_of_a_lost_worker_is_something_to_wait_for(self, trial: Trial) -> None:
        await trial.running()
        trial.clock.advance(LEASE + 0.1)
        assert not await trial.queue.is_idle(KNOWN, None)

    async def test_a_task_that_waits_for_its_retry_is_something_to_wait_for(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.failed(BROKEN, POLICY, 0.0))
        assert not await trial.queue.is_idle(KNOWN, None)

    async def test_a_task_that_snoozes_is_something_to_wait_for(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.snoozed(5.0))
        assert not await trial.queue.is_idle(KNOWN, None)

    async def test_a_task_scheduled_for_later_is_nothing_to_wait_for_until_it_is_due(self, trial: Trial) -> None:
        await trial.added(delay=10.0)
        assert await trial.queue.is_idle(KNOWN, None)
        trial.clock.advance(10.1)
        assert not await trial.queue.is_idle(KNOWN, None)

    async def test_a_later_step_of_a_chain_is_something_to_wait_for(self, trial: Trial) -> None:
        for queue in ("default", "mail"):
            first = await trial.running()
            step = trial.new_task(delay=10.0, queue=queue, workflow_id=first.id, origin_id=first.id)
            await trial.settle(first.completed(next_tasks=(step,)))
            assert not await trial.queue.is_idle(KNOWN, None)
            trial.clock.advance(10.1)
            assert not await trial.queue.is_idle(KNOWN, None)
            [claimed] = await trial.claim(1)
            assert claimed.id == step.id
            await trial.settle(claimed.completed())
            assert await trial.queue.is_idle(KNOWN, None)

    async def test_a_later_step_of_a_chain_that_was_cancelled_is_nothing_to_wait_for(self, trial: Trial) -> None:
        first = await trial.running()
        step = trial.new_task(delay=10.0, workflow_id=first.id, dedupe=Dedupe("step"))
        await trial.settle(first.completed(next_tasks=(step,)))
        assert not await trial.queue.is_idle(KNOWN, None)
        await trial.tasks.save(step.cancel(trial.clock.now()))
        assert await trial.queue.is_idle(KNOWN, None)

    async def test_ended_tasks_are_nothing_to_wait_for(self, trial: Trial) -> None:
        done, dead, gone = [await trial.running() for _ in range(3)]
        await trial.queue.settle([done.completed(), dead.gave_up(BROKEN), gone.cancelled()])
        assert await trial.queue.is_idle(KNOWN, None)

    async def test_tasks_of_other_types_are_nothing_to_wait_for(self, trial: Trial) -> None:
        await trial.added(type="report:build")
        assert await trial.queue.is_idle(KNOWN, None)
        assert not await trial.queue.is_idle(KNOWN | {"report:build"}, None)

    async def test_tasks_of_every_type_are_waited_for_where_none_is_named(self, trial: Trial) -> None:
        assert await trial.queue.is_idle(None, frozenset({"mail"}))
        await trial.added(queue="mail", type="report:build")
        await trial.added(queue="mail", delay=10.0)
        assert not await trial.queue.is_idle(None, frozenset({"mail"}))
        assert not await trial.queue.is_idle(None, None)
        assert await trial.queue.is_idle(None, frozenset({"default"}))
        await trial.control.pause("type", "report:build")
        assert await trial.queue.is_idle(None, frozenset({"mail"}))

    async def test_tasks_of_other_queues_are_nothing_to_wait_for(self, trial: Trial) -> None:
        await trial.added(queue="mail")
        assert await trial.queue.is_idle(KNOWN, frozenset({"default"}))
        assert not await trial.queue.is_idle(KNOWN, frozenset({"default", "mail"}))

    async def test_a_due_task_of_a_paused_queue_or_type_is_nothing_to_wait_for(self, trial: Trial) -> None:
        await trial.added(queue="mail")
        for kind, name in (("queue", "mail"), ("type", A_TYPE)):
            await trial.control.pause(kind, name)
            assert await trial.queue.is_idle(KNOWN, None)
            await trial.control.resume(kind, name)
        assert not await trial.queue.is_idle(KNOWN, None)
