from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.retention import Retention
from backstage.domain.standing import Standing
from backstage.domain.task_state import TaskState


class Standings(BackendSuite):
    """TaskEvents.standings: all that somebody who waits for tasks asks for, in one answer."""

    async def test_each_task_is_told_of_as_it_stands(self, trial: Trial) -> None:
        completed, running = await trial.running(), await trial.running(queue="mail")
        await trial.settle(completed.completed('{"sent":true}'))
        await trial.queue.report_progress(running.id, running.fence, 0.5, "half")
        empty = await trial.running(queue="empty")
        await trial.settle(empty.completed())
        pending = await trial.added()
        ids = {empty.id, completed.id, running.id, pending.id, "01940000-0000-7000-8000-ffffffffffff", "no id"}
        assert dict(await trial.task_events.standings(ids)) == {
            completed.id: Standing(
                state=TaskState.COMPLETED, attempt=1, finished_at=trial.clock.now(), result_json='{"sent":true}'
            ),
            running.id: Standing(state=TaskState.RUNNING, attempt=1, progress=0.5, progress_note="half"),
            pending.id: Standing(state=TaskState.PENDING, attempt=0),
            empty.id: Standing(state=TaskState.COMPLETED, attempt=1, finished_at=trial.clock.now()),
        }

    async def test_a_failed_task_tells_its_failure(self, trial: Trial) -> None:
        task = await trial.running()
        await trial.settle(task.failed(BROKEN, POLICY, 0.0))
        standing = (await trial.task_events.standings([task.id]))[task.id]
        assert standing == Standing(state=TaskState.PENDING, attempt=1, last_failure=BROKEN)
        trial.clock.advance(60)
        [again] = await trial.claim()
        await trial.settle(again.gave_up(BROKEN))
        standing = (await trial.task_events.standings([task.id]))[task.id]
        assert (standing.state, standing.last_failure, standing.attempt) == (TaskState.FAILED, BROKEN, 2)
        assert standing.finished_at == trial.clock.now()

    async def test_a_result_is_given_up_when_its_time_is_over_and_the_task_stays(self, trial: Trial) -> None:
        kept, short = await trial.running(), await trial.running(queue="mail")
        ended_at = trial.clock.now()
        await trial.queue.settle([kept.completed("1"), replace(short.completed("2"), keep_result_for=60.0)])
        assert await trial.settle(replace(short.completed("2"), keep_result_for=60.0)) is TaskState.COMPLETED
        trial.clock.advance(59)
        assert await trial.task_events.forget_results(10) == 0
        assert (await trial.task_events.standings([short.id]))[short.id].result_json == "2"
        trial.clock.advance(1)
        assert await trial.task_events.forget_results(10) == 1
        assert await trial.task_events.forget_results(10) == 0
        standing = (await trial.task_events.standings([short.id]))[short.id]
        assert (standing.state, standing.result_json) == (TaskState.COMPLETED, None)
        assert standing.result_gone_at == ended_at + timedelta(seconds=60)
        assert (await trial.task_events.standings([kept.id]))[kept.id].result_json == "1"
        emptied = await trial.tasks.get(short.id)
        assert (emptied.state, emptied.result_json) == (TaskState.COMPLETED, None)
        assert await trial.tasks.prune(Retention(state=TaskState.COMPLETED, max_age=0.0), 10) == 2

    async def test_the_result_is_that_of_the_claim_that_completed(self, trial: Trial) -> None:
        zombie = await trial.running(worker_id="zombie")
        trial.clock.advance(LEASE + 1)
        await trial.queue.reclaim(5, 10)
        [holder] = await trial.claim(worker_id="holder")
        assert await trial.settle(zombie.completed('"zombie"')) is None
        assert (await trial.task_events.standings([zombie.id]))[zombie.id].result_json is None
        await trial.settle(holder.completed('"holder"'))
        await trial.settle(zombie.completed('"zombie"'))
        assert (await trial.task_events.standings([zombie.id]))[zombie.id].result_json == '"holder"'
