from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.keeping import FIELDS, UNICODE
from backstage.conformance.moved_tasks import dead_letter, in_every_state, move
from backstage.conformance.trial import BROKEN, LEASE, Trial
from backstage.domain.backoff import Backoff
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.ports.task_archive import StoredTask
from backstage.domain.retention import Retention
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

S = TaskState
LANE = ("default", "email:send")


class Moving(BackendSuite):
    """TaskArchive: a task that was written goes on in its new store as it would have in the old one."""

    # -- what a move keeps -----------------------------------------------------------------------

    async def test_tasks_of_every_state_are_moved_as_they_are(self, trial: Trial, target: Trial) -> None:
        tasks = await in_every_state(trial)
        stored = await trial.archive.read(None, 100)
        assert await target.archive.write(stored) == len(tasks)
        assert await target.archive.read(None, 100) == stored
        for task in tasks.values():
            assert await target.tasks.get(task.id) == task
            assert await target.tasks.attempts(task.id) == await trial.tasks.attempts(task.id)

    @pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
    async def test_a_task_is_moved_exactly_with(self, trial: Trial, target: Trial, fields: dict[str, Any]) -> None:
        task = await trial.added(**fields)
        assert await move(trial, target) == 1
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
            tags=("t", "u"),
            key="k",
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
        await in_every_state(trial)
        await move(trial, target)
        assert await target.tally() == await trial.tally()

    async def test_written_tasks_are_counted_beside_those_that_were_there(self, trial: Trial, target: Trial) -> None:
        await target.added()
        await trial.added()
        await move(trial, target)
        assert await target.tally() == {(*LANE, S.PENDING): (2, 0)}

    async def test_moved_tasks_are_found_in_every_way(self, trial: Trial, target: Trial) -> None:
        tasks = [
            await trial.added(queue="mail"),
            await trial.added(type="report:build"),
            await trial.added(workflow_id="w", correlation_id="c", tags=("t", "u"), key="k"),
            await dead_letter(trial, priority=9),
        ]
        await move(trial, target)
        queries = [
            TaskQuery(),
            TaskQuery(queue="mail"),
            TaskQuery(type="report:build"),
            TaskQuery(workflow_id="w"),
            TaskQuery(workflow_id=tasks[0].id),
            TaskQuery(correlation_id="c"),
            TaskQuery(tag="u"),
            TaskQuery(key="k"),
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
        await move(trial, target)
        claimed = await target.claim(10)
        assert claimed == await trial.claim(10)
        assert claimed[0].fence == released.fence + 1

    async def test_a_moved_task_that_is_due_later_waits_for_its_time(self, trial: Trial, target: Trial) -> None:
        task = await trial.added(delay=10.0)
        await move(trial, target)
        answer = await target.ask()
        assert answer.tasks == ()
        assert answer.next_due_in == pytest.approx(10.0, abs=0.001)
        trial.clock.advance(10.001)
        assert [each.id for each in await target.claim()] == [task.id]

    async def test_a_moved_retry_in_waiting_is_work_that_is_left(self, trial: Trial, target: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.snoozed(60.0))
        await move(trial, target)
        assert not await target.queue.is_idle(frozenset({"email:send"}), None)

    async def test_moved_tasks_that_have_ended_are_no_work(self, trial: Trial, target: Trial) -> None:
        await dead_letter(trial)
        await move(trial, target)
        assert await target.queue.is_idle(frozenset({"email:send"}), None)
        assert await target.claim(5) == ()
        trial.clock.advance(LEASE + 1)
        assert await target.queue.reclaim(5, 10) == []

    async def test_a_claim_that_ended_before_the_move_cannot_end_again(self, trial: Trial, target: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.released())
        await move(trial, target)
        [claimed] = await target.claim()
        assert await target.settle(running.completed()) is None
        assert await target.settle(running.released()) is S.PENDING
        assert await target.settle(claimed.completed()) is S.COMPLETED
        assert [each.fence for each in await target.tasks.attempts(running.id)] == [1, 2]

    async def test_a_moved_dead_letter_can_be_retried(self, trial: Trial, target: Trial) -> None:
        dead = await dead_letter(trial)
        await move(trial, target)
        await target.tasks.save(dead.retry(trial.clock.now()))
        assert await target.tally() == {(*LANE, S.PENDING): (1, 0)}
        [claimed] = await target.claim()
        assert (claimed.id, claimed.fence) == (dead.id, dead.fence + 1)

    async def test_a_moved_pending_task_can_be_cancelled(self, trial: Trial, target: Trial) -> None:
        task = await trial.added(dedupe=Dedupe("k"))
        await move(trial, target)
        await target.tasks.save(task.cancel(trial.clock.now()))
        assert await target.claim(5) == ()
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [None]

    async def test_moved_tasks_are_pruned_by_when_they_ended(self, trial: Trial, target: Trial) -> None:
        await dead_letter(trial)
        trial.clock.advance(100)
        young = await dead_letter(trial)
        await move(trial, target)
        assert await target.tasks.prune(Retention(state=S.FAILED, max_age=50.0), 10) == 1
        assert [each.task.id for each in await target.archive.read(None, 10)] == [young.id]
        assert await target.tasks.prune(Retention(state=S.FAILED, keep_last=0), 10) == 1
        assert await target.tally() == {(*LANE, S.FAILED): (2, 2)}

    # -- dedupe keys -----------------------------------------------------------------------------

    async def test_a_moved_pending_task_holds_its_key(self, trial: Trial, target: Trial) -> None:
        task = await trial.added(dedupe=Dedupe("k"))
        await move(trial, target)
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [Duplicate(task.id, "k")]
        [claimed] = await target.claim(5)
        await target.settle(claimed.completed())
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [None]

    async def test_a_moved_task_that_has_ended_holds_its_key_for_its_window_alone(
        self, trial: Trial, target: Trial
    ) -> None:
        await dead_letter(trial, dedupe=Dedupe("without a window"))
        dead = await dead_letter(trial, dedupe=Dedupe("within a window", ttl=60.0))
        cancelled = (await trial.added(dedupe=Dedupe("cancelled", ttl=60.0))).cancel(trial.clock.now())
        await trial.tasks.save(cancelled)
        await move(trial, target)
        keys = ("without a window", "within a window", "cancelled")
        again = [target.new_task(dedupe=Dedupe(key)) for key in keys]
        assert await target.tasks.add(again) == [None, Duplicate(dead.id, "within a window"), None]
        trial.clock.advance(60.1)
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("within a window"))]) == [None]

    async def test_a_window_that_is_over_gives_a_moved_task_no_key(self, trial: Trial, target: Trial) -> None:
        await trial.added(dedupe=Dedupe("k", ttl=60.0))
        trial.clock.advance(60.1)
        holder = await trial.added(dedupe=Dedupe("k", ttl=60.0))
        await move(trial, target)
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [Duplicate(holder.id, "k")]

    async def test_a_written_task_takes_no_key_from_its_holder(self, trial: Trial, target: Trial) -> None:
        task = await trial.added(dedupe=Dedupe("k"), priority=1)
        holder = await target.added(dedupe=Dedupe("k"))
        assert await move(trial, target) == 1
        assert await target.tasks.get(task.id) == task
        [claimed] = await target.claim()
        assert claimed.id == task.id
        await target.tasks.save(claimed.cancel(trial.clock.now()))
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [Duplicate(holder.id, "k")]
        await target.settle(claimed.cancelled())
        assert await target.tasks.add([target.new_task(dedupe=Dedupe("k"))]) == [Duplicate(holder.id, "k")]
