from __future__ import annotations

from collections.abc import Callable

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, POLICY, Trial
from backstage.domain.attempt import Attempt
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.outcome import Outcome
from backstage.domain.retry_policy import RetryPolicy
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

ENDS: dict[str, Callable[[Task], Outcome]] = {
    "completed with a result": lambda task: task.completed('{"sent":true}'),
    "completed without a result": lambda task: task.completed(),
    "failed with attempts left": lambda task: task.failed(BROKEN, POLICY, 0.5),
    "failed with none left": lambda task: task.failed(BROKEN, RetryPolicy(max_attempts=1), 0.0),
    "given up": lambda task: task.gave_up(BROKEN),
    "snoozed": lambda task: task.snoozed(12.5),
    "snoozed for no time": lambda task: task.snoozed(0.0),
    "released": lambda task: task.released(),
    "cancelled": lambda task: task.cancelled(),
    "released before it began": lambda task: task.released(has_run=False),
    "cancelled before it began": lambda task: task.cancelled(has_run=False),
    "given up before it began": lambda task: task.gave_up(BROKEN, has_run=False),
}


class Settling(BackendSuite):
    """TaskQueue.settle: each end is the entity's own move, with its record."""

    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
    async def test_a_settled_task_is_exactly_what_the_entity_says(
        self, trial: Trial, end: Callable[[Task], Outcome]
    ) -> None:
        running = await trial.running()
        trial.clock.advance(2.25)
        outcome = end(running)
        expected = running.settle(outcome, trial.clock.now())
        assert await trial.settle(outcome) is expected.state
        assert await trial.tasks.get(running.id) == expected

    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
    async def test_every_end_of_a_run_leaves_the_record_the_entity_makes(
        self, trial: Trial, end: Callable[[Task], Outcome]
    ) -> None:
        running = await trial.running()
        trial.clock.advance(2.25)
        outcome = end(running)
        await trial.settle(outcome)
        records = [Attempt.of(running, outcome, trial.clock.now())] if outcome.has_run else []
        assert await trial.tasks.attempts(running.id) == records

    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
    async def test_a_cancel_that_was_requested_is_honoured_when_the_task_is(
        self, trial: Trial, end: Callable[[Task], Outcome]
    ) -> None:
        running = await trial.running()
        asked = running.cancel(trial.clock.now())
        await trial.tasks.save(asked)
        outcome = end(running)
        expected = asked.settle(outcome, trial.clock.now())
        assert await trial.settle(outcome) is expected.state
        assert await trial.tasks.get(running.id) == expected
        records = [Attempt.of(asked, outcome, trial.clock.now())] if outcome.has_run else []
        assert await trial.tasks.attempts(running.id) == records

    async def test_settling_nothing_answers_nothing(self, trial: Trial) -> None:
        assert await trial.queue.settle([]) == []

    async def test_a_batch_is_answered_in_its_order(self, trial: Trial) -> None:
        running = [await trial.running() for _ in range(4)]
        outcomes = [running[2].completed(), running[0].gave_up(BROKEN), running[3].released(), running[1].cancelled()]
        assert await trial.queue.settle(outcomes) == [
            TaskState.COMPLETED,
            TaskState.FAILED,
            TaskState.PENDING,
            TaskState.CANCELLED,
        ]

    async def test_a_batch_of_hundreds_settles_every_task(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task() for _ in range(300)])
        claimed = await trial.claim(300)
        outcomes = [task.completed(str(n)) for n, task in enumerate(claimed)]
        assert await trial.queue.settle(outcomes) == [TaskState.COMPLETED] * 300
        assert await trial.tally() == {("default", "email:send", TaskState.COMPLETED): (300, 0)}

    async def test_records_are_kept_oldest_first(self, trial: Trial) -> None:
        await trial.added(max_attempts=5)
        expected = []
        for end in ("released", "snoozed", "failed", "completed"):
            [running] = await trial.claim()
            trial.clock.advance(1)
            outcome = {
                "released": running.released(),
                "snoozed": running.snoozed(0.0),
                "failed": running.failed(BROKEN, POLICY, 0.0),
                "completed": running.completed(),
            }[end]
            await trial.settle(outcome)
            expected.append(Attempt.of(running, outcome, trial.clock.now()))
            trial.clock.advance(2)
        assert await trial.tasks.attempts(running.id) == expected
        assert [record.number for record in expected] == [1, 1, 1, 2]

    async def test_a_task_that_never_ran_has_no_records(self, trial: Trial) -> None:
        task = await trial.added()
        assert await trial.tasks.attempts(task.id) == []

    async def test_a_running_task_has_no_record_of_this_run_yet(self, trial: Trial) -> None:
        running = await trial.running()
        assert await trial.tasks.attempts(running.id) == []

    async def test_an_unknown_task_has_no_records(self, trial: Trial) -> None:
        assert await trial.tasks.attempts("01940000-0000-7000-8000-ffffffffffff") == []

    async def test_an_outcome_of_an_unknown_task_is_refused(self, trial: Trial) -> None:
        never_stored = trial.new_task().claim(trial.lease(), trial.clock.now())
        assert await trial.settle(never_stored.completed()) is None

    async def test_the_failure_of_a_run_stays_while_the_task_waits(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.failed(BROKEN, POLICY, 0.0))
        trial.clock.advance(2)
        [again] = await trial.claim()
        assert again.last_failure == BROKEN

    async def test_a_failed_task_is_due_again_after_its_backoff(self, trial: Trial) -> None:
        running = await trial.running()
        outcome = running.failed(BROKEN, POLICY, 0.0)
        await trial.settle(outcome)
        assert outcome.delay is not None
        trial.clock.advance(outcome.delay - 0.001)
        assert await trial.claim() == ()
        trial.clock.advance(0.002)
        assert len(await trial.claim()) == 1

    async def test_deliveries_never_fall_over_the_life_of_a_task(self, trial: Trial) -> None:
        task = await trial.added(max_attempts=1)
        seen = [0]
        for _ in range(3):
            [running] = await trial.claim()
            await trial.settle(running.gave_up(BROKEN))
            dead = await trial.tasks.get(task.id)
            await trial.tasks.save(dead.retry_afresh(trial.clock.now()))
            seen.append((await trial.tasks.get(task.id)).deliveries)
        assert seen == [0, 1, 2, 3]

    async def test_next_tasks_are_stored_with_the_completion(self, trial: Trial) -> None:
        running = await trial.running()
        first = trial.new_task(origin_id=running.id, workflow_id=running.workflow_id)
        later = trial.new_task(delay=60.0, queue="reports")
        await trial.settle(running.completed(next_tasks=(first, later)))
        assert await trial.tasks.get(first.id) == first
        assert await trial.tasks.get(later.id) == later
        assert await trial.claim(5) == (first.claim(trial.lease(), trial.clock.now()),)

    async def test_a_next_task_that_is_stored_already_is_left_as_it_is(self, trial: Trial) -> None:
        running, stored = await trial.running(), await trial.added(payload_json="1", delay=9.0)
        changed = trial.new_task(id=stored.id, payload_json="2")
        assert await trial.settle(running.completed(next_tasks=(changed,))) is TaskState.COMPLETED
        assert await trial.tasks.get(stored.id) == stored

    async def test_a_next_task_whose_key_is_held_is_left_out(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.added(dedupe=Dedupe("k"), delay=9.0)
        second = trial.new_task(dedupe=Dedupe("k"))
        assert await trial.settle(running.completed(next_tasks=(second,))) is TaskState.COMPLETED
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.get(second.id)

    async def test_a_next_task_may_take_the_key_that_its_completion_frees(self, trial: Trial) -> None:
        running = await trial.running(dedupe=Dedupe("k"))
        successor = trial.new_task(dedupe=Dedupe("k"))
        await trial.settle(running.completed(next_tasks=(successor,)))
        assert await trial.tasks.get(successor.id) == successor

    async def test_next_tasks_are_counted(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.completed(next_tasks=(trial.new_task(), trial.new_task(queue="reports"))))
        assert await trial.tally() == {
            ("default", "email:send", TaskState.COMPLETED): (1, 0),
            ("default", "email:send", TaskState.PENDING): (1, 0),
            ("reports", "email:send", TaskState.PENDING): (1, 0),
        }
