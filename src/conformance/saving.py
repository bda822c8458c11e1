from __future__ import annotations

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, POLICY, Trial
from backstage.domain.errors import StaleTaskError, TaskNotFoundError
from backstage.domain.task_state import TaskState


class Saving(BackendSuite):
    """TaskRepository.save: cancel and retry, compared and set on the version."""

    async def test_a_cancelled_pending_task_is_stored_as_the_entity_says(self, trial: Trial) -> None:
        task = await trial.added()
        trial.clock.advance(1)
        cancelled = task.cancel(trial.clock.now())
        await trial.tasks.save(cancelled)
        assert await trial.tasks.get(task.id) == cancelled

    async def test_a_cancelled_task_is_not_claimed(self, trial: Trial) -> None:
        task = await trial.added()
        await trial.tasks.save(task.cancel(trial.clock.now()))
        assert await trial.claim() == ()

    async def test_a_cancelled_future_task_is_not_claimed_when_its_time_comes(self, trial: Trial) -> None:
        task = await trial.added(delay=5.0)
        await trial.tasks.save(task.cancel(trial.clock.now()))
        trial.clock.advance(6)
        assert await trial.claim() == ()

    async def test_a_cancel_of_a_running_task_asks_and_leaves_it_running(self, trial: Trial) -> None:
        running = await trial.running()
        asked = running.cancel(trial.clock.now())
        await trial.tasks.save(asked)
        assert await trial.tasks.get(running.id) == asked
        assert await trial.queue.held_by("w1") == [asked]

    async def test_a_task_whose_cancel_was_requested_may_still_complete(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.tasks.save(running.cancel(trial.clock.now()))
        assert await trial.settle(running.completed()) is TaskState.COMPLETED

    async def test_a_failure_after_a_requested_cancel_ends_the_task_as_cancelled(self, trial: Trial) -> None:
        running = await trial.running()
        asked = running.cancel(trial.clock.now())
        await trial.tasks.save(asked)
        outcome = running.failed(BROKEN, POLICY, 0.0)
        assert outcome.state is TaskState.PENDING
        assert await trial.settle(outcome) is TaskState.CANCELLED
        assert await trial.tasks.get(running.id) == asked.settle(outcome, trial.clock.now())

    async def test_a_retried_dead_letter_is_stored_as_the_entity_says_and_claimable(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.gave_up(BROKEN))
        trial.clock.advance(5)
        again = (await trial.tasks.get(running.id)).retry(trial.clock.now())
        await trial.tasks.save(again)
        assert await trial.tasks.get(running.id) == again
        assert await trial.claim() == (again.claim(trial.lease(), trial.clock.now()),)

    async def test_a_task_retried_afresh_has_all_its_attempts_again(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.gave_up(BROKEN))
        again = (await trial.tasks.get(running.id)).retry_afresh(trial.clock.now())
        await trial.tasks.save(again)
        [claimed] = await trial.claim()
        assert claimed == again.claim(trial.lease(), trial.clock.now())
        assert (claimed.attempt, claimed.fence) == (1, 2)

    async def test_a_cancelled_task_may_be_retried(self, trial: Trial) -> None:
        task = await trial.added()
        cancelled = task.cancel(trial.clock.now())
        await trial.tasks.save(cancelled)
        again = cancelled.retry(trial.clock.now())
        await trial.tasks.save(again)
        assert await trial.claim() == (again.claim(trial.lease(), trial.clock.now()),)

    async def test_a_retry_keeps_the_records_of_the_runs_before(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.gave_up(BROKEN))
        records = await trial.tasks.attempts(running.id)
        await trial.tasks.save((await trial.tasks.get(running.id)).retry(trial.clock.now()))
        assert await trial.tasks.attempts(running.id) == records

    async def test_saving_what_was_read_before_a_claim_is_refused(self, trial: Trial) -> None:
        task = await trial.added()
        [claimed] = await trial.claim()
        with pytest.raises(StaleTaskError) as caught:
            await trial.tasks.save(task.cancel(trial.clock.now()))
        assert caught.value.task_id == task.id
        assert await trial.tasks.get(task.id) == claimed

    async def test_of_two_who_read_the_same_task_the_second_save_is_refused(self, trial: Trial) -> None:
        task = await trial.added()
        cancelled = task.cancel(trial.clock.now())
        await trial.tasks.save(cancelled)
        with pytest.raises(StaleTaskError):
            await trial.tasks.save(cancelled)
        assert await trial.tasks.get(task.id) == cancelled

    async def test_a_version_from_the_future_is_refused(self, trial: Trial) -> None:
        task = await trial.added()
        skipped_one = task.cancel(trial.clock.now()).retry(trial.clock.now())
        with pytest.raises(StaleTaskError):
            await trial.tasks.save(skipped_one)
        assert await trial.tasks.get(task.id) == task

    async def test_saving_an_unknown_task_is_refused(self, trial: Trial) -> None:
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.save(trial.new_task().cancel(trial.clock.now()))

    async def test_a_renewal_between_reading_and_saving_makes_nothing_stale(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.queue.renew({running.id: running.fence}, 60.0)
        await trial.queue.report_progress(running.id, running.fence, 0.5, None)
        await trial.tasks.save(running.cancel(trial.clock.now()))
        assert (await trial.tasks.get(running.id)).is_cancel_requested

    async def test_saves_leave_the_counts_exact(self, trial: Trial) -> None:
        task = await trial.added()
        cancelled = task.cancel(trial.clock.now())
        await trial.tasks.save(cancelled)
        assert await trial.tally() == {("default", "email:send", TaskState.CANCELLED): (1, 0)}
        await trial.tasks.save(cancelled.retry(trial.clock.now()))
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (1, 0)}
