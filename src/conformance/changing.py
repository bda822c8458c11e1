from __future__ import annotations

import asyncio

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, Trial
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import StaleTaskError, TaskNotFoundError
from backstage.domain.task_query import TaskPage, TaskQuery
from backstage.domain.task_state import TaskState

PENDING, FAILED = TaskState.PENDING, TaskState.FAILED


class Changing(BackendSuite):
    """TaskRepository.save, move and delete: another priority, another queue, and none at all."""

    async def test_a_task_takes_its_turn_by_the_priority_that_it_was_given(self, trial: Trial) -> None:
        first, second, later = await trial.added(priority=1), await trial.added(), await trial.added(delay=5.0)
        changed = [task.prioritised(priority) for task, priority in ((first, -2), (second, 0), (later, 9))]
        for task in changed:
            await trial.tasks.save(task)
        assert [await trial.tasks.get(task.id) for task in changed] == changed
        assert [task.id for task in await trial.claim(1)] == [second.id]
        trial.clock.advance(6)
        assert [task.id for task in await trial.claim(3)] == [later.id, first.id]
        assert await trial.tally() == {("default", first.type, TaskState.RUNNING): (3, 0)}

    async def test_a_moved_task_is_found_claimed_and_counted_on_its_new_queue_alone(self, trial: Trial) -> None:
        now = await trial.added(queue="mail", tags=("vip",), key="k", workflow_id="flow", metadata={"a": "b"})
        later = await trial.added(queue="mail", delay=5.0, workflow_id="flow")
        other = await trial.added(queue="mail")
        moved = [now.moved_to("bulk"), later.moved_to("bulk")]
        for task in moved:
            await trial.tasks.move(task, "mail")
        assert [await trial.tasks.get(task.id) for task in moved] == moved
        for query in (TaskQuery(queue="bulk"), TaskQuery(workflow_id="flow")):
            assert await trial.tasks.find(query) == TaskPage(tuple(moved[::-1]), None)
        for query in (TaskQuery(tag="vip"), TaskQuery(key="k")):
            assert await trial.tasks.find(query) == TaskPage((moved[0],), None)
        assert await trial.tally() == {("bulk", now.type, PENDING): (2, 0), ("mail", now.type, PENDING): (1, 0)}
        assert [task.id for task in await trial.claim(3, queues={"mail": 0})] == [other.id]
        assert [task.id for task in await trial.claim(3, queues={"bulk": 0})] == [now.id]
        trial.clock.advance(6)
        [claimed] = await trial.claim(3)
        assert (claimed.id, claimed.queue) == (later.id, "bulk")

    async def test_one_that_waited_alone_is_claimed_among_the_tasks_of_all_queues(self, trial: Trial) -> None:
        alone, other = await trial.added(queue="x", priority=1), await trial.added(queue="y")
        assert await trial.claim(types=frozenset({"nobody's"})) == ()  # now it is known where each of them waits
        await trial.tasks.save(alone.prioritised(6))
        assert [task.id for task in await trial.claim(5)] == [alone.id, other.id]

    async def test_a_task_that_was_changed_meanwhile_is_neither_prioritised_nor_moved(self, trial: Trial) -> None:
        task, claimed = await trial.added(), await trial.added(priority=5)
        await trial.tasks.save(task.prioritised(3))
        await trial.claim()
        for stale in (task, claimed):
            with pytest.raises(StaleTaskError):
                await trial.tasks.save(stale.prioritised(4))
            with pytest.raises(StaleTaskError):
                await trial.tasks.move(stale.moved_to("bulk"), stale.queue)
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.move(trial.new_task().moved_to("bulk"), "default")
        moved = (await trial.tasks.get(task.id)).moved_to("bulk")
        await trial.tasks.move(moved, "default")
        with pytest.raises(StaleTaskError):
            await trial.tasks.move(task.moved_to("mail"), "default")

    async def test_an_ended_task_is_deleted_with_its_records_its_tags_and_its_key(self, trial: Trial) -> None:
        dead, kept = [await trial.running(tags=("vip",), dedupe=Dedupe(name, ttl=60.0)) for name in "ab"]
        await trial.queue.settle([dead.gave_up(BROKEN), kept.completed()])
        ended = [await trial.tasks.get(task.id) for task in (dead, kept)]
        assert await trial.tasks.delete([ended[0], trial.new_task(), ended[0]]) == 1
        assert await trial.tasks.attempts(dead.id) == []
        assert (await trial.tasks.find(TaskQuery(tag="vip"))).tasks == (ended[1],)
        assert await trial.tally() == {
            ("default", dead.type, FAILED): (1, 1),
            ("default", dead.type, TaskState.COMPLETED): (1, 0),
        }
        assert await trial.tasks.add([trial.new_task(dedupe=Dedupe("a", ttl=60.0))]) == [None]

    async def test_a_task_that_has_failed_anew_since_somebody_looked_at_it_is_not_deleted(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.gave_up(BROKEN))
        seen = await trial.tasks.get(running.id)
        await trial.tasks.save(seen.retry(trial.clock.now()))
        [again] = await trial.claim()
        await trial.settle(again.gave_up(BROKEN))
        assert await trial.tasks.delete([seen]) == 0
        assert await trial.tasks.delete([seen, await trial.tasks.get(seen.id)]) == 1

    async def test_a_moved_task_may_take_another_priority_with_it(self, trial: Trial) -> None:
        task, other = await trial.added(queue="mail"), await trial.added(queue="bulk", priority=1)
        moved = task.moved_to("bulk", 2)
        await trial.tasks.move(moved, "mail")
        assert await trial.tasks.get(task.id) == moved
        assert [each.id for each in await trial.claim(2)] == [task.id, other.id]

    async def test_of_several_who_have_seen_one_version_one_changes_the_task(self, trial: Trial) -> None:
        for n in range(20):
            task = await trial.added()
            steps = [
                trial.tasks.save(task.prioritised(3)),
                trial.tasks.save(task.cancel(trial.clock.now())),
                trial.tasks.move(task.moved_to("bulk"), task.queue),
            ]
            answers = await asyncio.gather(*steps[n % 3 :], *steps[: n % 3], return_exceptions=True)
            assert answers.count(None) == 1
            # On its way to another queue it may be nowhere for a moment.
            assert all(isinstance(each, StaleTaskError | TaskNotFoundError | None) for each in answers)

    async def test_of_a_retry_and_a_deletion_one_gets_on(self, trial: Trial) -> None:
        for n in range(20):
            await trial.settle((await trial.running()).gave_up(BROKEN))
            [dead] = (await trial.tasks.find(TaskQuery(states=frozenset({FAILED})))).tasks
            steps = [trial.tasks.save(dead.retry(trial.clock.now())), trial.tasks.delete([dead])]
            answers = await asyncio.gather(*steps[n % 2 :], *steps[: n % 2], return_exceptions=True)
            retried, deleted = answers[n % 2], answers[1 - n % 2]
            assert (retried, deleted) == (None, 0) or (type(retried), deleted) == (TaskNotFoundError, 1)
            if retried is None:
                await trial.tasks.save((await trial.tasks.get(dead.id)).cancel(trial.clock.now()))

    async def test_a_task_that_was_retried_meanwhile_is_not_deleted(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.gave_up(BROKEN))
        dead = await trial.tasks.get(running.id)
        await trial.tasks.save(dead.retry(trial.clock.now()))
        assert await trial.tasks.delete([dead]) == 0
        assert (await trial.tasks.get(dead.id)).state is PENDING
