from __future__ import annotations

from collections.abc import Callable

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.settling import ENDS
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.outcome import Outcome
from backstage.domain.retention import Retention
from backstage.domain.stats import TaskStats
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

S = TaskState


class Counting(BackendSuite):
    """TaskRepository.counts: exact after every step, and lasting."""

    async def test_an_empty_store_counts_nothing(self, trial: Trial) -> None:
        assert await trial.tally() == {}

    async def test_each_queue_type_and_state_has_one_row(self, trial: Trial) -> None:
        for queue in "xy":
            for type_ in "ab":
                await trial.tasks.add([trial.new_task(queue=queue, type=type_) for _ in range(3)])
        await trial.claim(2, types=frozenset({"a"}), queues={"x": 0})
        rows = [(row.queue, row.type, row.state) for row in await trial.tasks.counts()]
        assert len(rows) == len(set(rows))
        assert await trial.tally() == {
            ("x", "a", S.PENDING): (1, 0),
            ("x", "a", S.RUNNING): (2, 0),
            ("x", "b", S.PENDING): (3, 0),
            ("y", "a", S.PENDING): (3, 0),
            ("y", "b", S.PENDING): (3, 0),
        }

    async def test_counts_are_exact_after_every_step_of_a_life(self, trial: Trial) -> None:
        lane = ("default", "email:send")
        task = await trial.added()
        seen = [await trial.tally()]
        for end in ("fail", "lose", "give up"):
            [running] = await trial.claim()
            seen.append(await trial.tally())
            if end == "fail":
                await trial.settle(running.failed(BROKEN, POLICY, 0.0))
                trial.clock.advance(5)
            elif end == "lose":
                trial.clock.advance(LEASE + 0.1)
                await trial.queue.reclaim(5, 10)
            else:
                await trial.settle(running.gave_up(BROKEN))
            seen.append(await trial.tally())
        await trial.tasks.save((await trial.tasks.get(task.id)).retry(trial.clock.now()))
        seen.append(await trial.tally())
        states = [S.PENDING, S.RUNNING, S.PENDING, S.RUNNING, S.PENDING, S.RUNNING, S.FAILED, S.PENDING]
        assert seen == [{(*lane, state): (1, 0)} for state in states]

    async def test_a_requested_cancel_changes_no_count(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.tasks.save(running.cancel(trial.clock.now()))
        assert await trial.tally() == {("default", "email:send", S.RUNNING): (1, 0)}

    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
    async def test_a_cancel_that_is_honoured_is_counted_when_the_task_is(
        self, trial: Trial, end: Callable[[Task], Outcome]
    ) -> None:
        running, beside = await trial.running(), await trial.running()
        await trial.tasks.save(running.cancel(trial.clock.now()))
        state = await trial.settle(end(running))
        assert state in (S.CANCELLED, S.COMPLETED, S.FAILED)
        lane = ("default", "email:send")
        assert await trial.tally() == {(*lane, state): (1, 0), (*lane, S.RUNNING): (1, 0)}
        await trial.settle(beside.released())
        assert await trial.tally() == {(*lane, state): (1, 0), (*lane, S.PENDING): (1, 0)}

    async def test_a_lost_task_whose_cancel_was_requested_is_counted_as_cancelled(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.tasks.save(running.cancel(trial.clock.now()))
        trial.clock.advance(LEASE + 0.1)
        await trial.queue.reclaim(5, 10)
        assert await trial.tally() == {("default", "email:send", S.CANCELLED): (1, 0)}

    async def test_refused_steps_change_no_count(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(running.completed())
        await trial.settle(running.gave_up(BROKEN))
        await trial.settle(running.released())
        await trial.queue.renew({running.id: running.fence}, LEASE)
        assert await trial.tally() == {("default", "email:send", S.COMPLETED): (1, 0)}

    async def test_counts_survive_pruning_and_tell_how_many_are_gone(self, trial: Trial) -> None:
        for _ in range(3):
            await trial.settle((await trial.running()).completed())
        await trial.tasks.prune(Retention(state=S.COMPLETED, keep_last=1), 10)
        assert await trial.tally() == {("default", "email:send", S.COMPLETED): (3, 2)}
        await trial.settle((await trial.running()).completed())
        assert await trial.tally() == {("default", "email:send", S.COMPLETED): (4, 2)}

    async def test_stats_made_of_the_counts_add_up(self, trial: Trial) -> None:
        done, dead, *_ = [await trial.running() for _ in range(3)]
        await trial.queue.settle([done.completed(), dead.gave_up(BROKEN)])
        await trial.added(queue="mail", delay=60.0)
        stats = TaskStats.of(await trial.tasks.counts())
        assert (stats.pending, stats.running, stats.completed, stats.failed, stats.cancelled) == (1, 1, 1, 1, 0)
        assert stats.total == 4
        assert stats.by_queue["mail"].pending == 1
        assert stats.by_type["email:send"].total == 4
