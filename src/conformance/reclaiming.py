from __future__ import annotations

from typing import Any

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.attempt import Attempt
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

MAX = 3
"""The `max_deliveries` that these tests reclaim with."""


class Reclaiming(BackendSuite):
    """TaskQueue.reclaim: a lease that ran out is the entity's `lost` outcome."""

    async def test_a_live_lease_is_not_reclaimed(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(LEASE - 0.1)
        assert await trial.queue.reclaim(MAX, 10) == []
        assert await trial.tasks.get(running.id) == running

    async def test_a_lost_task_is_exactly_what_the_entity_says(self, trial: Trial) -> None:
        running = await _expired(trial)
        outcome = running.lost(MAX)
        expected = running.settle(outcome, trial.clock.now())
        assert await trial.queue.reclaim(MAX, 10) == [(expected, outcome)]
        assert await trial.tasks.get(running.id) == expected
        assert (expected.state, expected.crashes) == (TaskState.PENDING, 1)

    async def test_a_lost_run_leaves_its_record(self, trial: Trial) -> None:
        running = await _expired(trial)
        await trial.queue.reclaim(MAX, 10)
        assert await trial.tasks.attempts(running.id) == [Attempt.of(running, running.lost(MAX), trial.clock.now())]

    async def test_a_reclaimed_task_is_claimable_at_once(self, trial: Trial) -> None:
        await _expired(trial)
        [(lost, _)] = await trial.queue.reclaim(MAX, 10)
        assert await trial.claim(worker_id="w2") == (lost.claim(trial.lease("w2"), trial.clock.now()),)

    async def test_a_reclaimed_task_is_reclaimed_once(self, trial: Trial) -> None:
        await _expired(trial)
        assert len(await trial.queue.reclaim(MAX, 10)) == 1
        assert await trial.queue.reclaim(MAX, 10) == []

    async def test_a_reclaimed_task_is_held_by_nobody(self, trial: Trial) -> None:
        await _expired(trial)
        await trial.queue.reclaim(MAX, 10)
        assert await trial.queue.held_by("w1") == []

    async def test_pending_and_ended_tasks_are_never_reclaimed(self, trial: Trial) -> None:
        done = await trial.running()
        await trial.settle(done.completed())
        released = await trial.running()
        await trial.settle(released.released())
        trial.clock.advance(10 * LEASE)
        assert await trial.queue.reclaim(MAX, 10) == []

    async def test_a_task_that_costs_too_many_workers_becomes_a_dead_letter(self, trial: Trial) -> None:
        await trial.added()
        states = []
        for _ in range(MAX):
            [running] = await trial.claim()
            trial.clock.advance(LEASE + 0.1)
            outcome = running.lost(MAX)
            expected = running.settle(outcome, trial.clock.now())
            assert await trial.queue.reclaim(MAX, 10) == [(expected, outcome)]
            states.append(expected.state)
        assert states == [TaskState.PENDING, TaskState.PENDING, TaskState.FAILED]
        assert (await trial.tasks.get(running.id)) == expected
        assert await trial.claim() == ()

    async def test_crashes_are_counted_apart_from_ordinary_runs(self, trial: Trial) -> None:
        running = await _expired(trial)
        await trial.queue.reclaim(2, 10)
        [again] = await trial.claim()
        await trial.settle(again.snoozed(0.0))
        [third] = await trial.claim()
        assert (third.crashes, third.deliveries, third.id) == (1, 3, running.id)

    async def test_one_delivery_allowed_means_the_first_crash_is_final(self, trial: Trial) -> None:
        running = await _expired(trial)
        [(dead, outcome)] = await trial.queue.reclaim(1, 10)
        assert dead == running.settle(running.lost(1), trial.clock.now())
        assert (dead.state, outcome.kind) == (TaskState.FAILED, OutcomeKind.LOST)

    async def test_a_crash_spends_no_attempt(self, trial: Trial) -> None:
        await _expired(trial, max_attempts=1)
        [(waiting, _)] = await trial.queue.reclaim(MAX, 10)
        assert (waiting.state, waiting.attempt, waiting.crashes) == (TaskState.PENDING, 0, 1)
        [again] = await trial.claim()
        assert again == waiting.claim(trial.lease(), trial.clock.now())
        assert again.attempt == 1
        assert [(each.number, each.outcome) for each in await trial.tasks.attempts(again.id)] == [(1, OutcomeKind.LOST)]

    async def test_a_tasks_own_limit_of_crashes_wins(self, trial: Trial) -> None:
        strict, patient = [await _expired(trial, max_deliveries=number) for number in (1, 3)]
        states = {task.id: task.state for task, _ in await trial.queue.reclaim(2, 10)}
        assert states == {strict.id: TaskState.FAILED, patient.id: TaskState.PENDING}
        assert (await trial.claim())[0].max_deliveries == 3

    async def test_the_limit_of_crashes_may_depend_on_the_task(self, trial: Trial) -> None:
        await _expired(trial, priority=1)
        await _expired(trial, priority=2)
        reclaimed = await trial.queue.reclaim(lambda task: task.priority, 10)
        assert {task.priority: task.state for task, _ in reclaimed} == {1: TaskState.FAILED, 2: TaskState.PENDING}

    async def test_a_crash_does_not_hide_what_the_handler_failed_with(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.failed(BROKEN, POLICY, 0.0))
        trial.clock.advance(60)
        await trial.claim()
        trial.clock.advance(LEASE + 0.1)
        [(waiting, _)] = await trial.queue.reclaim(MAX, 10)
        stored = await trial.tasks.get(running.id)
        assert (stored, stored.last_failure) == (waiting, BROKEN)
        told = [each.failure and each.failure.type for each in await trial.tasks.attempts(running.id)]
        assert told == [BROKEN.type, "LeaseExpired"]

    async def test_one_crash_too_many_tells_the_last_error_of_the_handler(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.failed(BROKEN, POLICY, 0.0))
        trial.clock.advance(60)
        await trial.claim()
        trial.clock.advance(LEASE + 0.1)
        await trial.queue.reclaim(1, 10)
        failure = (await trial.tasks.get(running.id)).last_failure
        assert failure is not None
        assert (failure.type, failure.traceback) == ("TooManyDeliveries", BROKEN.traceback)
        assert str(BROKEN) in failure.message

    async def test_a_lost_task_whose_cancel_was_requested_is_cancelled(self, trial: Trial) -> None:
        running = await trial.running()
        asked = running.cancel(trial.clock.now())
        await trial.tasks.save(asked)
        trial.clock.advance(LEASE + 0.1)
        outcome = asked.honouring_cancel(asked.lost(MAX))
        expected = asked.settle(outcome, trial.clock.now())
        assert await trial.queue.reclaim(MAX, 10) == [(expected, outcome)]
        assert expected.state is TaskState.CANCELLED
        assert await trial.tasks.attempts(running.id) == [Attempt.of(asked, outcome, trial.clock.now())]

    async def test_a_retry_forgives_the_crashes(self, trial: Trial) -> None:
        await _expired(trial)
        [(dead, _)] = await trial.queue.reclaim(1, 10)
        again = dead.retry(trial.clock.now())
        await trial.tasks.save(again)
        [running] = await trial.claim()
        assert running.crashes == 0
        trial.clock.advance(LEASE + 0.1)
        assert [task.state for task, _ in await trial.queue.reclaim(2, 10)] == [TaskState.PENDING]

    async def test_no_more_than_the_limit_is_reclaimed_at_once(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task() for _ in range(5)])
        running = await trial.claim(5)
        trial.clock.advance(LEASE + 0.1)
        found = [await trial.queue.reclaim(MAX, 2) for _ in range(4)]
        assert [len(each) for each in found] == [2, 2, 1, 0]
        assert {task.id for each in found for task, _ in each} == {task.id for task in running}

    async def test_only_leases_that_ran_out_are_taken_back(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task() for _ in range(2)])
        [brief] = await trial.claim(lease=5.0)
        [lasting] = await trial.claim(lease=60.0)
        trial.clock.advance(10)
        assert [task.id for task, _ in await trial.queue.reclaim(MAX, 10)] == [brief.id]
        assert await trial.tasks.get(lasting.id) == lasting

    async def test_tasks_are_reclaimed_from_every_queue_and_type(self, trial: Trial) -> None:
        types = frozenset({"a", "b"})
        await trial.tasks.add([trial.new_task(queue=queue, type=type_) for queue in "xy" for type_ in "ab"])
        await trial.claim(4, types=types)
        trial.clock.advance(LEASE + 0.1)
        assert len(await trial.queue.reclaim(MAX, 10)) == 4

    async def test_a_paused_queue_does_not_keep_lost_tasks(self, trial: Trial) -> None:
        await _expired(trial)
        await trial.control.pause("queue", "default")
        assert len(await trial.queue.reclaim(MAX, 10)) == 1

    async def test_the_worker_that_was_lost_cannot_settle_what_was_reclaimed(self, trial: Trial) -> None:
        running = await _expired(trial)
        await trial.queue.reclaim(MAX, 10)
        waiting = await trial.tasks.get(running.id)
        assert await trial.settle(running.completed()) is None
        assert await trial.settle(running.failed(BROKEN, POLICY, 0.0)) is None
        assert await trial.tasks.get(running.id) == waiting


async def _expired(trial: Trial, **fields: Any) -> Task:
    """A task whose lease has just run out, as its worker knew it."""
    running = await trial.running(**fields)
    trial.clock.advance(LEASE + 0.1)
    return running
