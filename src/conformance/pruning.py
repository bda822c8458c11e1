from __future__ import annotations

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, Trial
from backstage.domain.errors import TaskNotFoundError
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

S = TaskState


class Pruning(BackendSuite):
    """TaskRepository.prune: by age, by number, never more than asked, oldest first."""

    async def test_pruning_an_empty_store_deletes_nothing(self, trial: Trial) -> None:
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, max_age=0.0), 10) == 0

    async def test_tasks_that_ended_too_long_ago_are_deleted(self, trial: Trial) -> None:
        old = await _completed(trial, 2)
        trial.clock.advance(100)
        young = await _completed(trial, 2)
        trial.clock.advance(1)
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, max_age=50.0), 10) == 2
        assert await _stored(trial) == _ids(young)
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.get(old[0].id)

    async def test_age_counts_from_the_end_and_not_from_the_enqueue(self, trial: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(100)
        await trial.settle(running.completed())
        trial.clock.advance(10)
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, max_age=50.0), 10) == 0

    async def test_the_newest_ended_are_kept(self, trial: Trial) -> None:
        tasks = await _completed(trial, 5)
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=2), 10) == 3
        assert await _stored(trial) == _ids(tasks[3:])

    async def test_the_newest_are_those_that_ended_last_and_not_those_enqueued_last(self, trial: Trial) -> None:
        first, second = await trial.running(), await trial.running()
        await trial.settle(second.completed())
        trial.clock.advance(1)
        await trial.settle(first.completed())
        await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=1), 10)
        assert await _stored(trial) == [first.id]

    async def test_keeping_none_deletes_all(self, trial: Trial) -> None:
        await _completed(trial, 3)
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=0), 10) == 3
        assert await _stored(trial) == []

    async def test_each_queue_keeps_its_own_newest(self, trial: Trial) -> None:
        mail = await _completed(trial, 3, queue="mail")
        reports = await _completed(trial, 1, queue="reports")
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=1), 10) == 2
        assert await _stored(trial) == _ids([mail[2], *reports])

    async def test_types_of_one_queue_are_kept_together(self, trial: Trial) -> None:
        await _completed(trial, 2, type="a")
        newest = await _completed(trial, 1, type="b")
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=1), 10) == 2
        assert await _stored(trial) == _ids(newest)

    async def test_a_retention_of_one_queue_leaves_the_others(self, trial: Trial) -> None:
        await _completed(trial, 2, queue="mail")
        reports = await _completed(trial, 2, queue="reports")
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=0, queue="mail"), 10) == 2
        assert await _stored(trial) == _ids(reports)

    async def test_with_both_conditions_either_is_reason_enough(self, trial: Trial) -> None:
        await _completed(trial, 1)
        trial.clock.advance(100)
        young = await _completed(trial, 3)
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, max_age=50.0, keep_last=2), 10) == 2
        assert await _stored(trial) == _ids(young[1:])

    async def test_age_deletes_even_what_the_number_would_keep(self, trial: Trial) -> None:
        await _completed(trial, 2)
        trial.clock.advance(100)
        assert await trial.tasks.prune(Retention(state=S.COMPLETED, max_age=50.0, keep_last=5), 10) == 2

    async def test_a_retention_leaves_the_queues_alone_that_it_excepts(self, trial: Trial) -> None:
        mail = await _completed(trial, 2, queue="mail")
        await _completed(trial, 2, queue="reports")
        await _completed(trial, 1, queue="images")
        rest = Retention(state=S.COMPLETED, keep_last=0, except_queues=frozenset({"mail", "unheard-of"}))
        assert await trial.tasks.prune(rest, 10) == 3
        assert await _stored(trial) == _ids(mail)

    async def test_no_more_than_the_limit_is_deleted_at_once_oldest_first(self, trial: Trial) -> None:
        tasks = await _completed(trial, 5)
        retention = Retention(state=S.COMPLETED, keep_last=0)
        assert await trial.tasks.prune(retention, 2) == 2
        assert await _stored(trial) == _ids(tasks[2:])
        assert [await trial.tasks.prune(retention, 2) for _ in range(3)] == [2, 1, 0]

    async def test_oldest_first_holds_across_queues(self, trial: Trial) -> None:
        first = await _completed(trial, 1, queue="z")
        second = await _completed(trial, 1, queue="a")
        third = await _completed(trial, 1, queue="m")
        await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=0), 1)
        assert await _stored(trial) == _ids(second + third)
        assert first[0].id not in await _stored(trial)

    async def test_only_the_named_state_is_pruned(self, trial: Trial) -> None:
        done, dead, gone = [await trial.running() for _ in range(3)]
        await trial.queue.settle([done.completed(), dead.gave_up(BROKEN), gone.cancelled()])
        await trial.tasks.prune(Retention(state=S.FAILED, keep_last=0), 10)
        assert await _stored(trial) == [done.id, gone.id]
        await trial.tasks.prune(Retention(state=S.CANCELLED, keep_last=0), 10)
        assert await _stored(trial) == [done.id]

    async def test_live_tasks_are_never_pruned(self, trial: Trial) -> None:
        running = await trial.running()
        waiting = await trial.added(delay=5.0)
        trial.clock.advance(1e6)
        for state in (S.COMPLETED, S.FAILED, S.CANCELLED):
            assert await trial.tasks.prune(Retention(state=state, max_age=0.0, keep_last=0), 10) == 0
        assert await _stored(trial) == [running.id, waiting.id]

    async def test_a_dead_letter_that_was_retried_is_no_longer_pruned(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.gave_up(BROKEN))
        await trial.tasks.save((await trial.tasks.get(running.id)).retry(trial.clock.now()))
        trial.clock.advance(100)
        assert await trial.tasks.prune(Retention(state=S.FAILED, max_age=1.0, keep_last=0), 10) == 0

    async def test_the_records_of_a_pruned_task_are_gone(self, trial: Trial) -> None:
        [task] = await _completed(trial, 1)
        await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=0), 10)
        assert await trial.tasks.attempts(task.id) == []

    async def test_an_outcome_of_a_pruned_task_is_refused(self, trial: Trial) -> None:
        zombie = await trial.running()
        trial.clock.advance(100)
        await trial.queue.reclaim(1, 10)
        await trial.tasks.prune(Retention(state=S.FAILED, keep_last=0), 10)
        assert await trial.settle(zombie.completed()) is None
        assert (await trial.queue.renew({zombie.id: zombie.fence}, 30.0)).lost == {zombie.id}

    async def test_a_task_that_is_added_again_after_it_was_pruned_is_claimed_once(self, trial: Trial) -> None:
        task = await trial.added()
        assert await trial.claim(5, queues={"elsewhere": 0}) == ()
        await trial.tasks.save(task.cancel(trial.clock.now()))
        assert await trial.tasks.prune(Retention(state=S.CANCELLED, keep_last=0), 10) == 1
        assert await trial.tasks.add([task]) == [None]
        assert await trial.claim(5) == (task.claim(trial.lease(), trial.clock.now()),)


async def _completed(trial: Trial, number: int, type: str = "email:send", **fields: str) -> list[Task]:
    """That many tasks, completed one after another a second apart."""
    tasks = []
    for _ in range(number):
        running = await trial.running(type=type, **fields)
        trial.clock.advance(1)
        await trial.settle(running.completed())
        tasks.append(running)
    return tasks


async def _stored(trial: Trial) -> list[str]:
    """The ids of all stored tasks, oldest first."""
    return sorted(task.id for task in (await trial.tasks.find(TaskQuery(limit=1000))).tasks)


def _ids(tasks: list[Task]) -> list[str]:
    return [task.id for task in tasks]
