from __future__ import annotations

import pytest
from msgspec.structs import replace

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import LEASE, Trial
from backstage.domain.ports.task_queue import LeaseReport
from backstage.domain.task_state import TaskState

NOTHING = LeaseReport(frozenset(), frozenset())


class Leasing(BackendSuite):
    """TaskQueue.renew, inspect and report_progress."""

    async def test_a_renewal_extends_the_lease_and_leaves_the_version_alone(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(10)
        assert await trial.queue.renew({running.id: running.fence}, LEASE) == NOTHING
        assert await trial.tasks.get(running.id) == replace(running, lease=trial.lease())

    async def test_a_renewed_task_is_not_reclaimed_when_its_first_lease_would_end(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(LEASE - 1)
        await trial.queue.renew({running.id: running.fence}, LEASE)
        trial.clock.advance(LEASE - 1)
        assert await trial.queue.reclaim(5, 10) == []
        trial.clock.advance(1.1)
        assert len(await trial.queue.reclaim(5, 10)) == 1

    async def test_a_renewal_counts_from_now_so_it_may_shorten_a_lease(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.queue.renew({running.id: running.fence}, 1.0)
        trial.clock.advance(1.1)
        assert len(await trial.queue.reclaim(5, 10)) == 1

    async def test_a_lease_that_ran_out_unnoticed_can_still_be_renewed(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(LEASE + 5)
        assert await trial.queue.renew({running.id: running.fence}, LEASE) == NOTHING
        assert await trial.queue.reclaim(5, 10) == []

    async def test_a_lease_that_ran_out_unnoticed_can_still_be_settled(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(LEASE + 5)
        assert await trial.settle(running.completed()) is TaskState.COMPLETED
        assert await trial.queue.reclaim(5, 10) == []

    async def test_renewing_nothing_answers_nothing(self, trial: Trial) -> None:
        assert await trial.queue.renew({}, LEASE) == NOTHING
        assert await trial.queue.inspect({}) == NOTHING

    async def test_a_renewal_of_many_tells_each_apart(self, trial: Trial) -> None:
        held, lost, wanted = [await trial.running() for _ in range(3)]
        await trial.settle(lost.completed())
        await trial.tasks.save(wanted.cancel(trial.clock.now()))
        fences = {task.id: task.fence for task in (held, lost, wanted)} | {_UNKNOWN: 1}
        expected = LeaseReport(frozenset({lost.id, _UNKNOWN}), frozenset({wanted.id}))
        assert await trial.queue.inspect(fences) == expected
        assert await trial.queue.renew(fences, LEASE) == expected

    async def test_a_cancel_request_is_told_again_until_the_task_ends(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.tasks.save(running.cancel(trial.clock.now()))
        fences = {running.id: running.fence}
        assert (await trial.queue.renew(fences, LEASE)).cancel_requested == {running.id}
        assert (await trial.queue.renew(fences, LEASE)).cancel_requested == {running.id}

    async def test_inspecting_extends_nothing(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(LEASE - 1)
        assert await trial.queue.inspect({running.id: running.fence}) == NOTHING
        assert await trial.tasks.get(running.id) == running
        trial.clock.advance(1.1)
        assert len(await trial.queue.reclaim(5, 10)) == 1

    async def test_the_renewed_tasks_of_a_batch_are_all_extended(self, trial: Trial) -> None:
        running = [await trial.running() for _ in range(20)]
        trial.clock.advance(LEASE - 1)
        assert await trial.queue.renew({task.id: task.fence for task in running}, LEASE) == NOTHING
        trial.clock.advance(2)
        assert await trial.queue.reclaim(5, 100) == []

    @pytest.mark.parametrize("seconds", [-86_400.0, 86_400.0])
    async def test_setting_the_wall_clock_does_not_end_a_lease(self, trial: Trial, seconds: float) -> None:
        await trial.running()
        trial.clock.jump(seconds)
        assert await trial.queue.reclaim(5, 10) == []

    @pytest.mark.parametrize("seconds", [-86_400.0, 86_400.0])
    async def test_setting_the_wall_clock_does_not_prolong_a_lease(self, trial: Trial, seconds: float) -> None:
        await trial.running()
        trial.clock.jump(seconds)
        trial.clock.advance(LEASE + 0.1)
        assert len(await trial.queue.reclaim(5, 10)) == 1

    @pytest.mark.parametrize("seconds", [-86_400.0, 86_400.0])
    async def test_setting_the_wall_clock_does_not_change_a_renewed_lease(self, trial: Trial, seconds: float) -> None:
        running = await trial.running()
        trial.clock.jump(seconds)
        await trial.queue.renew({running.id: running.fence}, LEASE)
        trial.clock.jump(-seconds)
        assert await trial.queue.reclaim(5, 10) == []
        trial.clock.advance(LEASE + 0.1)
        assert len(await trial.queue.reclaim(5, 10)) == 1

    async def test_progress_is_recorded_and_leaves_the_version_alone(self, trial: Trial) -> None:
        running = await trial.running()
        assert await trial.queue.report_progress(running.id, running.fence, 0.25, "page 1 of 4")
        assert await trial.tasks.get(running.id) == replace(running, progress=0.25, progress_note="page 1 of 4")

    async def test_later_progress_replaces_earlier_and_its_note(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.queue.report_progress(running.id, running.fence, 0.25, "page 1 of 4")
        await trial.queue.report_progress(running.id, running.fence, 1.0, None)
        assert await trial.tasks.get(running.id) == replace(running, progress=1.0, progress_note=None)

    async def test_a_task_that_reported_progress_settles_as_the_entity_says(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.queue.report_progress(running.id, running.fence, 0.75, "nearly")
        reported = replace(running, progress=0.75, progress_note="nearly")
        await trial.settle(running.completed())
        assert await trial.tasks.get(running.id) == reported.settle(running.completed(), trial.clock.now())

    async def test_a_cancel_that_was_read_before_a_renewal_does_not_shorten_the_lease(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(LEASE - 1)
        await trial.queue.renew({running.id: running.fence}, LEASE)
        await trial.tasks.save(running.cancel(trial.clock.now()))
        trial.clock.advance(2)
        assert await trial.queue.reclaim(5, 10) == []

    async def test_leases_can_be_renewed_through_their_own_queue(self, trial: Trial) -> None:
        running = await trial.running()
        async with trial.backend.lease_queue() as leases:
            trial.clock.advance(LEASE - 1)
            assert await leases.renew({running.id: running.fence}, LEASE) == NOTHING
        assert await trial.tasks.get(running.id) == replace(running, lease=trial.lease())


_UNKNOWN = "01940000-0000-7000-8000-ffffffffffff"
