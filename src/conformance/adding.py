from __future__ import annotations

from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import Trial
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.lease import Lease
from backstage.domain.task_state import TaskState


class Adding(BackendSuite):
    """TaskRepository.add and get."""

    async def test_an_added_task_is_stored_as_it_was_given(self, trial: Trial) -> None:
        task = trial.new_task()
        assert await trial.tasks.add([task]) == [None]
        assert await trial.tasks.get(task.id) == task

    async def test_adding_nothing_answers_nothing(self, trial: Trial) -> None:
        assert await trial.tasks.add([]) == []
        assert await trial.tally() == {}

    async def test_an_unknown_id_is_not_found(self, trial: Trial) -> None:
        with pytest.raises(TaskNotFoundError) as caught:
            await trial.tasks.get("01940000-0000-7000-8000-ffffffffffff")
        assert caught.value.task_id == "01940000-0000-7000-8000-ffffffffffff"

    async def test_what_can_be_nobodys_id_names_no_task(self, trial: Trial) -> None:
        nobodys: list[Any] = [None, 7, "", "no id", "0194\0", "ü" * 2000, "\ud800"]
        for task_id in nobodys:
            with pytest.raises(TaskNotFoundError):
                await trial.tasks.get(task_id)
            assert await trial.tasks.attempts(task_id) == []

    async def test_a_batch_is_stored_whole_and_answered_in_order(self, trial: Trial) -> None:
        batch = [trial.new_task(payload_json=str(n)) for n in range(250)]
        assert await trial.tasks.add(batch) == [None] * 250
        assert [await trial.tasks.get(task.id) for task in batch[::50]] == batch[::50]
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (250, 0)}

    async def test_adding_a_task_again_answers_none_and_counts_it_once(self, trial: Trial) -> None:
        task = await trial.added()
        assert await trial.tasks.add([task]) == [None]
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (1, 0)}

    async def test_a_task_given_twice_in_one_batch_is_stored_once(self, trial: Trial) -> None:
        task = trial.new_task()
        assert await trial.tasks.add([task, task]) == [None, None]
        assert len(await trial.claim(5)) == 1

    async def test_adding_a_stored_id_again_leaves_the_stored_task_as_it_is(self, trial: Trial) -> None:
        task = await trial.added(payload_json="1")
        other = trial.new_task(id=task.id, payload_json="2")
        assert await trial.tasks.add([other]) == [None]
        assert await trial.tasks.get(task.id) == task

    async def test_adding_again_after_the_task_was_claimed_leaves_it_running(self, trial: Trial) -> None:
        task = await trial.added()
        [claimed] = await trial.claim()
        assert await trial.tasks.add([task]) == [None]
        assert await trial.tasks.get(task.id) == claimed
        assert await trial.claim() == ()

    async def test_adding_again_after_the_task_completed_does_not_run_it_again(self, trial: Trial) -> None:
        task = await trial.added()
        [claimed] = await trial.claim()
        await trial.settle(claimed.completed())
        assert await trial.tasks.add([task]) == [None]
        assert (await trial.tasks.get(task.id)).state is TaskState.COMPLETED
        assert await trial.claim() == ()

    async def test_a_batch_may_mix_new_and_stored_tasks(self, trial: Trial) -> None:
        stored, fresh = await trial.added(), trial.new_task()
        assert await trial.tasks.add([stored, fresh]) == [None, None]
        assert await trial.tasks.get(fresh.id) == fresh
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (2, 0)}

    async def test_an_added_task_can_be_claimed_at_once(self, trial: Trial) -> None:
        pending = await trial.added()
        [claimed] = await trial.claim()
        assert claimed == pending.claim(Lease("w1", trial.lease().until), trial.clock.now())
