from __future__ import annotations

import asyncio

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.conformance.moved_tasks import dead_letter, in_every_state, move
from backstage.conformance.trial import Trial
from backstage.domain.errors import StorageUnavailableError, TaskNotFoundError
from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.retention import Retention
from backstage.domain.stats import Count
from backstage.domain.task_state import TaskState

S = TaskState
LANE = ("default", "email:send")


class Archiving(BackendSuite):
    """TaskArchive: whole tasks are read and written, each once, whoever asks again."""

    # -- reading ---------------------------------------------------------------------------------

    async def test_an_empty_store_gives_nothing_to_archive(self, trial: Trial) -> None:
        assert await trial.archive.read(None, 10) == []

    async def test_tasks_are_read_in_batches_smallest_id_first(self, trial: Trial) -> None:
        tasks = [trial.new_task(queue="xyz"[n % 3], priority=n, delay=float(-n)) for n in range(7)]
        await trial.tasks.add(tasks[::-1])
        sizes, read = [], list[StoredTask]()
        for _ in range(4):
            batch = await trial.archive.read(read[-1].task.id if read else None, 3)
            sizes.append(len(batch))
            read += batch
        assert (sizes, read) == ([3, 3, 1, 0], [StoredTask(task, ()) for task in tasks])

    async def test_reading_goes_on_after_an_id_that_no_task_has(self, trial: Trial) -> None:
        [first, gone, last] = [trial.new_task() for _ in range(3)]
        await trial.tasks.add([first, last])
        assert [each.task.id for each in await trial.archive.read(gone.id, 10)] == [last.id]

    async def test_a_task_of_every_state_is_read_with_its_records(self, trial: Trial) -> None:
        tasks = await in_every_state(trial)
        running = await trial.running(priority=9)
        for stored in await trial.archive.read(None, 100):
            assert stored.task == await trial.tasks.get(stored.task.id)
            assert list(stored.attempts) == await trial.tasks.attempts(stored.task.id)
        read = [each.task.id for each in await trial.archive.read(None, 100)]
        assert read == sorted([*(task.id for task in tasks.values()), running.id])

    # -- again, at once, and although calls fail -------------------------------------------------

    async def test_writing_nothing_is_fine(self, trial: Trial) -> None:
        assert await trial.archive.write([]) == 0
        await trial.archive.write_pruned([])
        assert await trial.tally() == {}

    async def test_tasks_that_are_written_again_are_stored_once(self, trial: Trial, target: Trial) -> None:
        tasks = await in_every_state(trial)
        stored = await trial.archive.read(None, 100)
        assert await target.archive.write(stored[:3]) == 3
        assert await target.archive.write(stored) == len(tasks) - 3
        assert await target.archive.write(stored) == 0
        assert await target.archive.read(None, 100) == stored
        assert await target.tally() == await trial.tally()

    async def test_a_task_twice_in_one_batch_is_written_once(self, trial: Trial) -> None:
        stored = StoredTask(trial.new_task(), ())
        assert await trial.archive.write([stored, stored]) == 1
        assert await trial.tally() == {(*LANE, S.PENDING): (1, 0)}

    async def test_a_task_that_has_moved_on_is_left_as_it_is(self, trial: Trial, target: Trial) -> None:
        dead = await dead_letter(trial)
        stored = await trial.archive.read(None, 10)
        await target.archive.write(stored)
        await target.tasks.save(dead.retry_afresh(trial.clock.now()))
        [claimed] = await target.claim()
        await target.settle(claimed.completed())
        now = await target.archive.read(None, 10)
        assert await target.archive.write(stored) == 0
        assert await target.archive.read(None, 10) == now
        assert await target.tally() == {(*LANE, S.COMPLETED): (1, 0)}

    async def test_a_running_task_is_refused_and_nothing_is_written(self, trial: Trial, target: Trial) -> None:
        await trial.added(priority=-1)
        await trial.running()
        stored = await trial.archive.read(None, 10)
        assert {each.task.state for each in stored} == {S.PENDING, S.RUNNING}
        with pytest.raises(ValueError, match="running"):
            await target.archive.write(stored)
        assert await target.archive.read(None, 10) == []
        assert await target.tally() == {}

    async def test_many_tasks_are_moved_in_batches(self, trial: Trial, target: Trial) -> None:
        for n in range(4):
            await trial.tasks.add([trial.new_task(queue=f"q{(n + m) % 3}") for m in range(100)])
        after, moved = None, 0
        while batch := await trial.archive.read(after, 150):
            moved += await target.archive.write(batch)
            after = batch[-1].task.id
        assert moved == 400
        assert await target.tally() == await trial.tally()

    async def test_the_same_batch_written_many_times_at_once_is_stored_once(self, trial: Trial, target: Trial) -> None:
        await in_every_state(trial)
        stored = await trial.archive.read(None, 100)
        answers = await asyncio.gather(*(target.archive.write(stored) for _ in range(5)))
        assert sum(answers) == len(stored)
        assert await target.archive.read(None, 100) == stored
        assert await target.tally() == await trial.tally()

    @pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: str(fault.value))
    async def test_a_batch_is_written_once_although_the(self, trial: Trial, target: Trial, fault: Fault) -> None:
        await in_every_state(trial)
        plan, stored = FaultPlan([fault]), await trial.archive.read(None, 100)
        with pytest.raises(StorageUnavailableError):
            await plan.around(lambda: target.archive.write(stored))
        assert await target.archive.write(stored) == (0 if fault is Fault.REPLY_LOST else len(stored))
        assert await target.archive.read(None, 100) == stored
        assert await target.tally() == await trial.tally()

    # -- what is no longer stored ----------------------------------------------------------------

    async def test_pruned_tasks_are_counted_though_they_are_not_moved(self, trial: Trial, target: Trial) -> None:
        for _ in range(3):
            await trial.settle((await trial.running()).completed())
        await dead_letter(trial)
        await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=1), 10)
        await move(trial, target)
        await target.archive.write_pruned(await trial.tasks.counts())
        assert await target.tally() == await trial.tally() == {(*LANE, S.COMPLETED): (3, 2), (*LANE, S.FAILED): (1, 0)}

    async def test_pruned_tasks_that_are_written_again_are_counted_once(self, trial: Trial) -> None:
        counts = [Count(*LANE, S.COMPLETED, 7, 7), Count("mail", "b", S.FAILED, 2, 1)]
        for _ in range(2):
            await trial.archive.write_pruned(counts)
        assert await trial.tally() == {(*LANE, S.COMPLETED): (7, 7), ("mail", "b", S.FAILED): (1, 1)}

    async def test_a_number_of_pruned_tasks_is_never_lowered(self, trial: Trial) -> None:
        await trial.archive.write_pruned([Count(*LANE, S.COMPLETED, 7, 7)])
        await trial.archive.write_pruned([Count(*LANE, S.COMPLETED, 9, 3)])
        await trial.archive.write_pruned([Count(*LANE, S.COMPLETED, 9, 9)])
        assert await trial.tally() == {(*LANE, S.COMPLETED): (9, 9)}

    async def test_pruned_tasks_are_counted_beside_those_that_are_stored(self, trial: Trial) -> None:
        await dead_letter(trial)
        await trial.archive.write_pruned([Count(*LANE, S.FAILED, 5, 4)])
        assert await trial.tally() == {(*LANE, S.FAILED): (5, 4)}
        assert await trial.tasks.prune(Retention(state=S.FAILED, keep_last=1), 10) == 0
        assert await trial.tasks.prune(Retention(state=S.FAILED, keep_last=0), 10) == 1
        assert await trial.tally() == {(*LANE, S.FAILED): (5, 5)}

    async def test_a_task_that_was_pruned_is_not_archived(self, trial: Trial) -> None:
        dead = await dead_letter(trial)
        await trial.tasks.prune(Retention(state=S.FAILED, keep_last=0), 10)
        assert await trial.archive.read(None, 10) == []
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.get(dead.id)
