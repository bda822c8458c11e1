from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.settling import ENDS
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.outcome import Outcome
from backstage.domain.ports.task_queue import LeaseReport
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState


class Fencing(BackendSuite):
    """Only the holder of the claim may write; whoever lost a reply may ask again."""

    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
    async def test_a_stale_outcome_of_each_kind_is_refused(self, trial: Trial, end: Callable[[Task], Outcome]) -> None:
        zombie, holder = await _taken_over(trial)
        assert await trial.settle(end(zombie)) is None
        assert await trial.tasks.get(holder.id) == holder

    async def test_a_stale_outcome_leaves_no_record(self, trial: Trial) -> None:
        zombie, _ = await _taken_over(trial)
        before = await trial.tasks.attempts(zombie.id)
        await trial.settle(zombie.completed())
        assert await trial.tasks.attempts(zombie.id) == before

    async def test_a_stale_completion_stores_no_next_task(self, trial: Trial) -> None:
        zombie, _ = await _taken_over(trial)
        chained = trial.new_task()
        assert await trial.settle(zombie.completed(next_tasks=(chained,))) is None
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.get(chained.id)

    async def test_a_fence_of_the_future_is_refused(self, trial: Trial) -> None:
        running = await trial.running()
        assert await trial.settle(replace(running.completed(), fence=running.fence + 1)) is None
        assert await trial.tasks.get(running.id) == running

    async def test_a_pending_task_takes_no_outcome_of_its_last_claim(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.released())
        waiting = await trial.tasks.get(running.id)
        assert await trial.settle(running.completed()) is None
        assert await trial.tasks.get(running.id) == waiting

    async def test_an_ended_task_takes_no_other_end_of_the_same_claim(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.completed())
        assert await trial.settle(running.gave_up(BROKEN)) is None
        assert (await trial.tasks.get(running.id)).state is TaskState.COMPLETED

    async def test_one_stale_outcome_does_not_hold_up_the_others_of_its_batch(self, trial: Trial) -> None:
        zombie, _ = await _taken_over(trial)
        first, last = await trial.running(), await trial.running()
        answers = await trial.queue.settle([first.completed(), zombie.completed(), last.gave_up(BROKEN)])
        assert answers == [TaskState.COMPLETED, None, TaskState.FAILED]
        assert (await trial.tasks.get(first.id)).state is TaskState.COMPLETED
        assert (await trial.tasks.get(last.id)).state is TaskState.FAILED

    async def test_a_stale_renewal_is_told_that_the_task_is_lost(self, trial: Trial) -> None:
        zombie, holder = await _taken_over(trial)
        answer = await trial.queue.renew({zombie.id: zombie.fence}, 600.0)
        assert answer == LeaseReport(lost=frozenset({zombie.id}), cancel_requested=frozenset())
        assert await trial.tasks.get(holder.id) == holder

    async def test_a_stale_renewal_does_not_prolong_the_lease_of_the_new_holder(self, trial: Trial) -> None:
        zombie, holder = await _taken_over(trial)
        await trial.queue.renew({zombie.id: zombie.fence}, 600.0)
        trial.clock.advance(LEASE + 0.1)
        assert [task.id for task, _ in await trial.queue.reclaim(5, 10)] == [holder.id]

    async def test_stale_progress_is_refused(self, trial: Trial) -> None:
        zombie, holder = await _taken_over(trial)
        assert not await trial.queue.report_progress(zombie.id, zombie.fence, 0.9, "not mine")
        assert await trial.tasks.get(holder.id) == holder

    async def test_progress_of_an_ended_task_is_refused(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.completed())
        assert not await trial.queue.report_progress(running.id, running.fence, 0.9, None)

    async def test_progress_of_an_unknown_task_is_refused(self, trial: Trial) -> None:
        assert not await trial.queue.report_progress("01940000-0000-7000-8000-ffffffffffff", 1, 0.5, None)

    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
    async def test_settling_an_outcome_of_each_kind_twice_gives_the_same_answer(
        self, trial: Trial, end: Callable[[Task], Outcome]
    ) -> None:
        running = await trial.running()
        outcome = end(running)
        first = await trial.settle(outcome)
        settled = await trial.tasks.get(running.id)
        trial.clock.advance(0.001)
        assert await trial.settle(outcome) is first
        assert await trial.tasks.get(running.id) == settled
        assert len(await trial.tasks.attempts(running.id)) == outcome.has_run

    async def test_an_outcome_twice_in_one_batch_is_applied_once(self, trial: Trial) -> None:
        running = await trial.running()
        outcome = running.completed()
        assert await trial.queue.settle([outcome, outcome]) == [TaskState.COMPLETED, TaskState.COMPLETED]
        assert len(await trial.tasks.attempts(running.id)) == 1
        assert await trial.tally() == {("default", "email:send", TaskState.COMPLETED): (1, 0)}

    async def test_an_outcome_is_answered_as_it_was_after_the_task_moved_on(self, trial: Trial) -> None:
        running = await trial.running()
        outcome = running.failed(BROKEN, POLICY, 0.0)
        await trial.settle(outcome)
        trial.clock.advance(5)
        [again] = await trial.claim(worker_id="w2")
        await trial.settle(again.completed())
        assert await trial.settle(outcome) is TaskState.PENDING
        assert (await trial.tasks.get(running.id)).state is TaskState.COMPLETED

    async def test_an_end_is_answered_as_it_was_after_the_task_was_retried(self, trial: Trial) -> None:
        running = await trial.running()
        outcome = running.gave_up(BROKEN)
        await trial.settle(outcome)
        await trial.tasks.save((await trial.tasks.get(running.id)).retry(trial.clock.now()))
        assert await trial.settle(outcome) is TaskState.FAILED
        assert (await trial.tasks.get(running.id)).state is TaskState.PENDING

    async def test_an_end_that_became_a_cancel_is_answered_as_cancelled_again(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.tasks.save(running.cancel(trial.clock.now()))
        outcome = running.failed(BROKEN, POLICY, 0.0)
        assert await trial.settle(outcome) is TaskState.CANCELLED
        assert await trial.settle(outcome) is TaskState.CANCELLED

    async def test_a_completion_asked_twice_stores_its_next_tasks_once(self, trial: Trial) -> None:
        running, chained = await trial.running(), trial.new_task()
        outcome = running.completed(next_tasks=(chained,))
        await trial.settle(outcome)
        [claimed] = await trial.claim()
        await trial.settle(claimed.completed())
        assert await trial.settle(outcome) is TaskState.COMPLETED
        assert (await trial.tasks.get(chained.id)).state is TaskState.COMPLETED
        assert await trial.claim() == ()


async def _taken_over(trial: Trial) -> tuple[Task, Task]:
    """One task as its former holder knows it, and as its present holder does."""
    zombie = await trial.running(worker_id="zombie")
    trial.clock.advance(LEASE + 0.1)
    assert len(await trial.queue.reclaim(5, 10)) == 1
    [holder] = await trial.claim(worker_id="holder")
    assert holder.id == zombie.id
    return zombie, holder
