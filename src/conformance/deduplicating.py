from __future__ import annotations

from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, POLICY, Trial
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import DuplicateTaskError, TaskNotFoundError
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

KEY = Dedupe("order-1")
WINDOW = Dedupe("order-1", ttl=60.0)


class Deduplicating(BackendSuite):
    """One live task per key and queue."""

    async def test_a_held_key_refuses_and_names_its_holder(self, trial: Trial) -> None:
        holder = await trial.added(dedupe=KEY)
        second = trial.new_task(dedupe=KEY)
        assert await trial.tasks.add([second]) == [Duplicate(holder.id, "order-1")]
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.get(second.id)
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (1, 0)}

    async def test_the_second_of_one_batch_is_a_duplicate_of_the_first(self, trial: Trial) -> None:
        first, other, second = trial.new_task(dedupe=KEY), trial.new_task(), trial.new_task(dedupe=KEY)
        assert await trial.tasks.add([first, other, second]) == [None, None, Duplicate(first.id, "order-1")]

    async def test_a_duplicate_in_a_batch_leaves_the_others_stored(self, trial: Trial) -> None:
        holder = await trial.added(dedupe=KEY)
        duplicate, fresh = trial.new_task(dedupe=KEY), trial.new_task()
        assert await trial.tasks.add([duplicate, fresh]) == [Duplicate(holder.id, "order-1"), None]
        assert await trial.tasks.get(fresh.id) == fresh

    async def test_adding_the_holder_again_is_no_duplicate_of_itself(self, trial: Trial) -> None:
        holder = await trial.added(dedupe=KEY)
        assert await trial.tasks.add([holder]) == [None]

    async def test_other_keys_are_free(self, trial: Trial) -> None:
        await trial.added(dedupe=KEY)
        assert await trial.tasks.add([trial.new_task(dedupe=Dedupe("order-2"))]) == [None]

    async def test_keys_differ_by_case_and_blanks(self, trial: Trial) -> None:
        await trial.added(dedupe=KEY)
        others = [trial.new_task(dedupe=Dedupe(key)) for key in ("ORDER-1", "order-1 ", " order-1")]
        assert await trial.tasks.add(others) == [None, None, None]

    async def test_a_key_belongs_to_one_queue(self, trial: Trial) -> None:
        await trial.added(dedupe=KEY, queue="mail")
        assert await trial.tasks.add([trial.new_task(dedupe=KEY, queue="reports")]) == [None]

    async def test_a_key_is_shared_by_the_types_of_a_queue(self, trial: Trial) -> None:
        holder = await trial.added(dedupe=KEY, type="email:send")
        duplicate = trial.new_task(dedupe=KEY, type="report:build")
        assert await trial.tasks.add([duplicate]) == [Duplicate(holder.id, "order-1")]

    async def test_a_running_task_holds_its_key(self, trial: Trial) -> None:
        running = await trial.running(dedupe=KEY)
        assert await trial.tasks.add([trial.new_task(dedupe=KEY)]) == [Duplicate(running.id, "order-1")]

    async def test_a_task_that_waits_for_a_retry_holds_its_key(self, trial: Trial) -> None:
        running = await trial.running(dedupe=KEY)
        await trial.settle(running.failed(BROKEN, POLICY, 0.0))
        assert await trial.tasks.add([trial.new_task(dedupe=KEY)]) == [Duplicate(running.id, "order-1")]

    async def test_completing_frees_a_key_without_a_window(self, trial: Trial) -> None:
        running = await trial.running(dedupe=KEY)
        await trial.settle(running.completed())
        assert await trial.tasks.add([trial.new_task(dedupe=KEY)]) == [None]

    async def test_a_dead_letter_frees_a_key_without_a_window(self, trial: Trial) -> None:
        running = await trial.running(dedupe=KEY)
        await trial.settle(running.gave_up(BROKEN))
        assert await trial.tasks.add([trial.new_task(dedupe=KEY)]) == [None]

    @pytest.mark.parametrize("dedupe", [KEY, WINDOW], ids=["without a window", "within a window"])
    async def test_cancelling_a_pending_task_frees_its_key(self, trial: Trial, dedupe: Dedupe) -> None:
        task = await trial.added(dedupe=dedupe)
        await trial.tasks.save(task.cancel(trial.clock.now()))
        assert await trial.tasks.add([trial.new_task(dedupe=dedupe)]) == [None]

    @pytest.mark.parametrize("dedupe", [KEY, WINDOW], ids=["without a window", "within a window"])
    async def test_ending_a_run_as_cancelled_frees_its_key(self, trial: Trial, dedupe: Dedupe) -> None:
        running = await trial.running(dedupe=dedupe)
        await trial.settle(running.cancelled())
        assert await trial.tasks.add([trial.new_task(dedupe=dedupe)]) == [None]

    async def test_a_requested_cancel_frees_no_key_while_the_task_runs(self, trial: Trial) -> None:
        running = await trial.running(dedupe=KEY)
        await trial.tasks.save(running.cancel(trial.clock.now()))
        assert await trial.tasks.add([trial.new_task(dedupe=KEY)]) == [Duplicate(running.id, "order-1")]

    @pytest.mark.parametrize("end", ["completed", "dead"])
    async def test_a_window_holds_the_key_after_the_task_has_ended(self, trial: Trial, end: str) -> None:
        running = await trial.running(dedupe=WINDOW)
        await trial.settle(running.completed() if end == "completed" else running.gave_up(BROKEN))
        trial.clock.advance(59.9)
        assert await trial.tasks.add([trial.new_task(dedupe=WINDOW)]) == [Duplicate(running.id, "order-1")]
        trial.clock.advance(0.2)
        assert await trial.tasks.add([trial.new_task(dedupe=WINDOW)]) == [None]

    async def test_a_window_ends_although_the_task_is_still_pending(self, trial: Trial) -> None:
        await trial.added(dedupe=WINDOW)
        trial.clock.advance(60.1)
        assert await trial.tasks.add([trial.new_task(dedupe=WINDOW)]) == [None]

    async def test_a_window_counts_from_the_enqueue_and_not_from_the_due_time(self, trial: Trial) -> None:
        await trial.added(dedupe=WINDOW, delay=3600.0)
        trial.clock.advance(60.1)
        assert await trial.tasks.add([trial.new_task(dedupe=WINDOW)]) == [None]

    async def test_a_window_starts_anew_with_the_next_holder(self, trial: Trial) -> None:
        await trial.added(dedupe=WINDOW)
        trial.clock.advance(60.1)
        holder = await trial.added(dedupe=WINDOW)
        trial.clock.advance(59.0)
        assert await trial.tasks.add([trial.new_task(dedupe=WINDOW)]) == [Duplicate(holder.id, "order-1")]

    async def test_a_former_holder_that_moves_on_does_not_free_its_successors_key(self, trial: Trial) -> None:
        former = await trial.added(dedupe=WINDOW)
        trial.clock.advance(60.1)
        holder = await trial.added(dedupe=KEY)
        await trial.tasks.save(former.cancel(trial.clock.now()))
        assert await trial.tasks.add([trial.new_task(dedupe=KEY)]) == [Duplicate(holder.id, "order-1")]

    async def test_a_retried_task_takes_its_key_again(self, trial: Trial) -> None:
        dead = await _dead(trial, dedupe=KEY)
        await trial.tasks.save(dead.retry(trial.clock.now()))
        assert await trial.tasks.add([trial.new_task(dedupe=KEY)]) == [Duplicate(dead.id, "order-1")]

    async def test_a_retry_is_refused_while_another_task_holds_the_key(self, trial: Trial) -> None:
        dead = await _dead(trial, dedupe=KEY)
        holder = await trial.added(dedupe=KEY)
        with pytest.raises(DuplicateTaskError) as caught:
            await trial.tasks.save(dead.retry(trial.clock.now()))
        assert (caught.value.key, caught.value.holder_id) == ("order-1", holder.id)
        assert await trial.tasks.get(dead.id) == dead
        assert await trial.claim(5) == (holder.claim(trial.lease(), trial.clock.now()),)

    async def test_a_cancelled_task_is_not_retried_into_a_window_of_another(self, trial: Trial) -> None:
        task = await trial.added(dedupe=WINDOW)
        cancelled = task.cancel(trial.clock.now())
        await trial.tasks.save(cancelled)
        holder = await trial.running(dedupe=WINDOW)
        await trial.settle(holder.completed())
        with pytest.raises(DuplicateTaskError):
            await trial.tasks.save(cancelled.retry_afresh(trial.clock.now()))

    async def test_a_task_within_its_own_window_may_be_retried(self, trial: Trial) -> None:
        dead = await _dead(trial, dedupe=WINDOW)
        again = dead.retry(trial.clock.now())
        await trial.tasks.save(again)
        assert await trial.tasks.get(dead.id) == again

    async def test_pruning_the_holder_frees_its_key(self, trial: Trial) -> None:
        running = await trial.running(dedupe=WINDOW)
        await trial.settle(running.completed())
        assert await trial.tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 10) == 1
        assert await trial.tasks.add([trial.new_task(dedupe=WINDOW)]) == [None]

    async def test_pruning_a_former_holder_leaves_the_key_with_its_successor(self, trial: Trial) -> None:
        running = await trial.running(dedupe=KEY)
        await trial.settle(running.completed())
        holder = await trial.added(dedupe=KEY)
        await trial.tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 10)
        assert await trial.tasks.add([trial.new_task(dedupe=KEY)]) == [Duplicate(holder.id, "order-1")]


async def _dead(trial: Trial, **fields: Any) -> Task:
    running = await trial.running(**fields)
    outcome = running.gave_up(BROKEN)
    await trial.settle(outcome)
    return running.settle(outcome, trial.clock.now())
