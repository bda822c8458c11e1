from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite, NewStore, on_trial
from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.conformance.keeping import FIELDS, UNICODE
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.errors import StorageUnavailableError, TaskNotFoundError
from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.retention import Retention
from backstage.domain.stats import Count
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from backstage.testing.fake_clock import FakeClock

S = TaskState
LANE = ("default", "email:send")


class Archiving(BackendSuite):
    """TaskArchive: whole tasks, read from one store and written to another."""

    @pytest.fixture
    async def target(self, new_store: NewStore, clock: FakeClock, trial: Trial) -> AsyncIterator[Trial]:
        """Another store, empty, for what `trial` holds."""
        async with on_trial(new_store(), clock, trial.new_task) as target:
            yield target

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
        tasks = await _in_every_state(trial)
        running = await trial.running(priority=9)
        for stored in await trial.archive.read(None, 100):
            assert stored.task == await trial.tasks.get(stored.task.id)
            assert list(stored.attempts) == await trial.tasks.attempts(stored.task.id)
        read = [each.task.id for each in await trial.archive.read(None, 100)]
        assert read == sorted([*(task.id for task in tasks.values()), running.id])

    # -- what a move keeps -----------------------------------------------------------------------

    async def test_tasks_of_every_state_are_moved_as_they_are(self, trial: Trial, target: Trial) -> None:
        tasks = await _in_every_state(trial)
        stored = await trial.archive.read(None, 100)
        assert await target.archive.write(stored) == len(tasks)
        assert await target.archive.read(None, 100) == stored
        for task in tasks.values():
            assert await target.tasks.get(task.id) == task
            assert await target.tasks.attempts(task.id) == await trial.tasks.attempts(task.id)

    @pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
    async def test_a_task_is_moved_exactly_with(self, trial: Trial, target: Trial, fields: dict[str, Any]) -> None:
        task = await trial.added(**fields)
        assert await _move(trial, target) == 1
        assert await target.tasks.get(task.id) == task

    async def test_every_field_of_a_task_that_has_ended_is_moved(self, trial: Trial, target: Trial) -> None:
        now = trial.clock.now()
        task = trial.new_task(
            state=S.FAILED,
            payload_json='{"a": 1}',
            priority=-5,
            started_at=now - timedelta(seconds=5),
            finished_at=now - timedelta(microseconds=1),
            deliveries=9,
            interruptions=4,
            crashes=2,
            version=21,
            max_attempts=5,
            backoff=Backoff.exponential(0.1, cap=33.3, jitter=0.7),
            timeout=2.5,
            soft_timeout=1.25,
            dedupe=Dedupe("k", ttl=60.0),
            correlation_id="c",
            workflow_id="w",
            origin_id="01940000-0000-7000-8000-00000000beef",
            metadata={"tenant": UNICODE},
            result_json="[1.0]",
            last_failure=BROKEN,
            progress=0.75,
            progress_note=UNICODE,
        )
        await target.archive.write([StoredTask(task, ())])
        assert await target.archive.read(None, 10) == [StoredTask(task, ())]

    async def test_the_counts_are_moved_with_the_tasks(self, trial: Trial, target: Trial) -> None:
        await _in_every_state(trial)
        await _move(trial, target)
        assert await target.tally() == await trial.tally()

    async def test_written_tasks_are_counted_beside_those_that_were_there(self, trial: Trial, target: Trial) -> None:
        await target.added()
        await trial.added()
        await _move(trial, target)
        assert await target.tally() == {(*LANE, S.PENDING): (2, 0)}

    async def test_moved_tasks_are_found_in_every_way(self, trial: Trial, target: Trial) -> None:
        tasks = [
            await trial.added(queue="mail"),
            await trial.added(type="report:build"),
            await trial.added(workflow_id="w", correlation_id="c"),
            await _dead(trial, priority=9),
        ]
        await _move(trial, target)
        queries = [
            TaskQuery(),
            TaskQuery(queue="mail"),
            TaskQuery(type="report:build"),
            TaskQuery(workflow_id="w"),
            TaskQuery(workflow_id=tasks[0].id),
            TaskQuery(correlation_id="c"),
            TaskQuery(states=frozenset({S.FAILED})),
        ]
        for query in queries:
            assert await target.tasks.find(query) == await trial.tasks.find(query)

    # -- how a moved task goes on ----------------------------------------------------------------

    async def test_moved_tasks_are_claimed_in_their_order_with_the_next_fence(
        self, trial: Trial, target: Trial
    ) -> None:
        released = await trial.running(priority=5)
        await trial.settle(released.released())
        await trial.tasks.add([trial.new_task(priority=n, queue="xy"[n % 2]) for n in range(4)])
        await _move(trial, target)
        claimed = await target.claim(10)
        assert claimed == await trial.claim(10)
        assert claimed[0].fence == released.fence + 1

    async def test_a_moved_task_that_is_due_later_waits_for_its_time(self, trial: Trial, target: Trial) -> None:
        task = await trial.added(delay=10.0)
        await _move(trial, target)
        answer = await target.ask()
        assert (answer.tasks, answer.next_due_in) == ((), pytest.approx(10.0, abs=0.001))
        trial.clock.advance(10.001)
        assert [each.id for each in await target.claim()] == [task.id]

    async def test_a_moved_retry_in_waiting_is_work_that_is_left(self, trial: Trial, target: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.snoozed(60.0))
        await _move(trial, target)
        assert not await target.queue.is_idle(frozenset({"email:send"}), None)

    async def test_moved_tasks_that_have_ended_are_no_work(self, trial: Trial, target: Trial) -> None:
        await _dead(trial)
        await _move(trial, target)
        assert await target.queue.is_idle(frozenset({"email:send"}), None)
        assert await target.claim(5) == ()
        trial.clock.advance(LEASE + 1)
        assert await target.queue.reclaim(5, 10) == []

    async def test_a_claim_that_ended_before_the_move_cannot_end_again(self, trial: Trial, target: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.released())
        await _move(trial, target)
        [claimed] = await target.claim()
        assert await target.settle(running.completed()) is None
        assert await target.settle(running.released()) is S.PENDING
        assert await target.settle(claimed.completed()) is S.COMPLETED
        assert [each.fence for each in await target.tasks.attempts(running.id)] == [1, 2]

    async def test_a_moved_dead_letter_can_be_retried(self, trial: Trial, target: Trial) -> None:
        dead = await _dead(trial)
        await _move(trial, target)
        await target.tasks.save(dead.retry(trial.clock.now()))
        assert await target.tally() == {(*LANE, S.PENDING): (1, 0)}
        [claimed] = await target.claim()
        assert (claimed.id, claimed.fence) == (dead.id, dead.fence + 1)

    async def test_a_moved_pending_task_can_be_cancelled(self, trial: Trial, target: Trial) -> None:
        task = await trial.added(dedupe=Dedupe("k"))
        await _move(trial, target)
        await target.tasks.save(task.cancel(trial.clock.now()))
        assert await target.claim(5) == ()
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [None]

    async def test_moved_tasks_are_pruned_by_when_they_ended(self, trial: Trial, target: Trial) -> None:
        await _dead(trial)
        trial.clock.advance(100)
        young = await _dead(trial)
        await _move(trial, target)
        assert await target.tasks.prune(Retention(state=S.FAILED, max_age=50.0), 10) == 1
        assert [each.task.id for each in await target.archive.read(None, 10)] == [young.id]
        assert await target.tasks.prune(Retention(state=S.FAILED, keep_last=0), 10) == 1
        assert await target.tally() == {(*LANE, S.FAILED): (2, 2)}

    # -- dedupe keys -----------------------------------------------------------------------------

    async def test_a_moved_pending_task_holds_its_key(self, trial: Trial, target: Trial) -> None:
        task = await trial.added(dedupe=Dedupe("k"))
        await _move(trial, target)
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [Duplicate(task.id, "k")]
        [claimed] = await target.claim(5)
        await target.settle(claimed.completed())
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [None]

    async def test_a_moved_task_that_has_ended_holds_its_key_for_its_window_alone(
        self, trial: Trial, target: Trial
    ) -> None:
        await _dead(trial, dedupe=Dedupe("without a window"))
        dead = await _dead(trial, dedupe=Dedupe("within a window", ttl=60.0))
        cancelled = (await trial.added(dedupe=Dedupe("cancelled", ttl=60.0))).cancel(trial.clock.now())
        await trial.tasks.save(cancelled)
        await _move(trial, target)
        keys = ("without a window", "within a window", "cancelled")
        again = [target.new_task(dedupe=Dedupe(key)) for key in keys]
        assert await target.tasks.add(again) == [None, Duplicate(dead.id, "within a window"), None]
        trial.clock.advance(60.1)
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("within a window"))]) == [None]

    async def test_a_window_that_is_over_gives_a_moved_task_no_key(self, trial: Trial, target: Trial) -> None:
        await trial.added(dedupe=Dedupe("k", ttl=60.0))
        trial.clock.advance(60.1)
        holder = await trial.added(dedupe=Dedupe("k", ttl=60.0))
        await _move(trial, target)
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [Duplicate(holder.id, "k")]

    async def test_a_written_task_takes_no_key_from_its_holder(self, trial: Trial, target: Trial) -> None:
        task = await trial.added(dedupe=Dedupe("k"), priority=1)
        holder = await target.added(dedupe=Dedupe("k"))
        assert await _move(trial, target) == 1
        assert await target.tasks.get(task.id) == task
        [claimed] = await target.claim()
        assert claimed.id == task.id
        await target.settle(claimed.completed())
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [Duplicate(holder.id, "k")]

    # -- again, at once, and although calls fail -------------------------------------------------

    async def test_writing_nothing_is_fine(self, trial: Trial) -> None:
        assert await trial.archive.write([]) == 0
        await trial.archive.write_pruned([])
        assert await trial.tally() == {}

    async def test_tasks_that_are_written_again_are_stored_once(self, trial: Trial, target: Trial) -> None:
        tasks = await _in_every_state(trial)
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
        dead = await _dead(trial)
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
        await _in_every_state(trial)
        stored = await trial.archive.read(None, 100)
        answers = await asyncio.gather(*(target.archive.write(stored) for _ in range(5)))
        assert sum(answers) == len(stored)
        assert await target.archive.read(None, 100) == stored
        assert await target.tally() == await trial.tally()

    @pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: str(fault.value))
    async def test_a_batch_is_written_once_although_the(self, trial: Trial, target: Trial, fault: Fault) -> None:
        await _in_every_state(trial)
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
        await _dead(trial)
        await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=1), 10)
        await _move(trial, target)
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
        await _dead(trial)
        await trial.archive.write_pruned([Count(*LANE, S.FAILED, 5, 4)])
        assert await trial.tally() == {(*LANE, S.FAILED): (5, 4)}
        assert await trial.tasks.prune(Retention(state=S.FAILED, keep_last=1), 10) == 0
        assert await trial.tasks.prune(Retention(state=S.FAILED, keep_last=0), 10) == 1
        assert await trial.tally() == {(*LANE, S.FAILED): (5, 5)}

    async def test_a_task_that_was_pruned_is_not_archived(self, trial: Trial) -> None:
        dead = await _dead(trial)
        await trial.tasks.prune(Retention(state=S.FAILED, keep_last=0), 10)
        assert await trial.archive.read(None, 10) == []
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.get(dead.id)


async def _in_every_state(trial: Trial) -> dict[str, Task]:
    """One task at each point of a life that no worker holds, as it is stored."""
    lives: dict[str, Task] = {
        "completed": await trial.running(priority=9),
        "dead": await trial.running(priority=8, dedupe=Dedupe("d", ttl=60.0)),
        "cancelled": await trial.running(priority=7),
        "released": await trial.running(priority=6, dedupe=Dedupe("r")),
        "to be retried": await trial.running(priority=5, metadata={"tenant": UNICODE}),
        "lost": await trial.running(priority=4, queue="mail"),
    }
    assert await trial.queue.report_progress(lives["completed"].id, 1, 0.5, "half")
    await trial.queue.settle(
        [
            lives["completed"].completed('{"n": 1}', next_tasks=(trial.new_task(workflow_id="w", delay=5.0),)),
            lives["dead"].gave_up(BROKEN),
            lives["cancelled"].cancelled(),
            lives["released"].released(),
            lives["to be retried"].failed(BROKEN, POLICY, 0.0),
        ]
    )
    trial.clock.advance(LEASE + 0.1)
    assert len(await trial.queue.reclaim(5, 10)) == 1
    await trial.added(queue="mail", type="report:build", dedupe=Dedupe("p"))
    never_ran = await trial.added(delay=3600.0)
    await trial.tasks.save(never_ran.cancel(trial.clock.now()))
    stored = (await trial.tasks.find(TaskQuery(limit=100))).tasks
    assert {task.state for task in stored} == set(S) - {S.RUNNING}
    return {task.id: task for task in stored}


async def _dead(trial: Trial, **fields: Any) -> Task:
    running = await trial.running(**fields)
    await trial.settle(running.gave_up(BROKEN))
    return await trial.tasks.get(running.id)


async def _move(source: Trial, target: Trial) -> int:
    return await target.archive.write(await source.archive.read(None, 1000))
