from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import cycle, islice
from typing import TypeVar

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.fault_plan import Fault, FaultPlan
from backstage.conformance.faulty_queue import FaultyQueue
from backstage.conformance.faulty_tasks import FaultyTasks
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial, claim_request
from backstage.domain.attempt import Attempt
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import StaleTaskError, StorageUnavailableError, TaskNotFoundError
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

T = TypeVar("T")
EITHER = pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: str(fault.value))


class Faulting(BackendSuite):
    """Whoever asks again after an error neither loses a task nor doubles one."""

    @EITHER
    async def test_adding_a_task_again_after_a_fault_stores_it_once(self, trial: Trial, fault: Fault) -> None:
        tasks, task = FaultyTasks(trial.tasks, FaultPlan([fault])), trial.new_task()
        assert await _insist(lambda: tasks.add([task])) == [None]
        assert await trial.tasks.get(task.id) == task
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (1, 0)}

    @EITHER
    async def test_a_task_is_no_duplicate_of_itself_although_the(self, trial: Trial, fault: Fault) -> None:
        tasks, task = FaultyTasks(trial.tasks, FaultPlan([fault])), trial.new_task(dedupe=Dedupe("k", ttl=60.0))
        assert await _insist(lambda: tasks.add([task])) == [None]

    @EITHER
    async def test_a_batch_is_stored_once_although_the(self, trial: Trial, fault: Fault) -> None:
        tasks, batch = FaultyTasks(trial.tasks, FaultPlan([fault])), [trial.new_task() for _ in range(20)]
        assert await _insist(lambda: tasks.add(batch)) == [None] * 20
        assert len(await trial.claim(50)) == 20

    async def test_a_lost_request_to_add_stores_nothing(self, trial: Trial) -> None:
        tasks, task = FaultyTasks(trial.tasks, FaultPlan([Fault.REQUEST_LOST])), trial.new_task()
        with pytest.raises(StorageUnavailableError):
            await tasks.add([task])
        with pytest.raises(TaskNotFoundError):
            await trial.tasks.get(task.id)

    async def test_tasks_of_a_claim_whose_reply_was_lost_are_found_and_can_be_settled(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task() for _ in range(3)])
        queue = FaultyQueue(trial.queue, FaultPlan([Fault.REPLY_LOST]))
        with pytest.raises(StorageUnavailableError):
            await queue.claim(claim_request(3))
        held = await queue.held_by("w1")
        assert len(held) == 3
        assert await queue.settle([task.completed() for task in held]) == [TaskState.COMPLETED] * 3

    async def test_tasks_of_a_claim_whose_reply_was_lost_come_back_when_nobody_asks(self, trial: Trial) -> None:
        await trial.added()
        queue = FaultyQueue(trial.queue, FaultPlan([Fault.REPLY_LOST]))
        with pytest.raises(StorageUnavailableError):
            await queue.claim(claim_request())
        trial.clock.advance(LEASE + 0.1)
        await trial.queue.reclaim(3, 10)
        assert len(await trial.claim()) == 1

    @EITHER
    async def test_settling_a_run_again_after_a_fault_ends_it_once(self, trial: Trial, fault: Fault) -> None:
        running, chained = await trial.running(), trial.new_task()
        queue = FaultyQueue(trial.queue, FaultPlan([fault]))
        outcome = running.completed("1", next_tasks=(chained,))
        assert await _insist(lambda: queue.settle([outcome])) == [TaskState.COMPLETED]
        assert await trial.tasks.get(running.id) == running.settle(outcome, trial.clock.now())
        assert await trial.tasks.attempts(running.id) == [Attempt.of(running, outcome, trial.clock.now())]
        assert [task.id for task in await trial.claim(5)] == [chained.id]

    @EITHER
    async def test_a_failed_run_spends_one_attempt_although_the(self, trial: Trial, fault: Fault) -> None:
        running = await trial.running()
        queue = FaultyQueue(trial.queue, FaultPlan([fault]))
        outcome = running.failed(BROKEN, POLICY, 0.0)
        assert await _insist(lambda: queue.settle([outcome])) == [TaskState.PENDING]
        trial.clock.advance(5)
        [again] = await trial.claim()
        assert again.attempt == 2

    async def test_a_settle_that_is_repeated_after_the_next_claim_harms_nobody(self, trial: Trial) -> None:
        running = await trial.running()
        queue = FaultyQueue(trial.queue, FaultPlan([Fault.REPLY_LOST]))
        with pytest.raises(StorageUnavailableError):
            await queue.settle([running.released()])
        [holder] = await trial.claim(worker_id="w2")
        assert await queue.settle([running.released()]) == [TaskState.PENDING]
        assert await trial.tasks.get(holder.id) == holder

    async def test_a_settle_that_comes_after_the_lease_was_lost_is_refused(self, trial: Trial) -> None:
        running = await trial.running()
        queue = FaultyQueue(trial.queue, FaultPlan([Fault.REQUEST_LOST]))
        with pytest.raises(StorageUnavailableError):
            await queue.settle([running.completed()])
        trial.clock.advance(LEASE + 0.1)
        await trial.queue.reclaim(3, 10)
        assert await queue.settle([running.completed()]) == [None]

    async def test_a_save_whose_reply_was_lost_shows_as_done_when_read_again(self, trial: Trial) -> None:
        task = await trial.added()
        tasks = FaultyTasks(trial.tasks, FaultPlan([Fault.REPLY_LOST]))
        cancelled = task.cancel(trial.clock.now())
        with pytest.raises(StorageUnavailableError):
            await tasks.save(cancelled)
        with pytest.raises(StaleTaskError):
            await tasks.save(cancelled)
        assert await tasks.get(task.id) == cancelled

    @EITHER
    async def test_a_lease_is_renewed_although_the(self, trial: Trial, fault: Fault) -> None:
        running = await trial.running()
        queue = FaultyQueue(trial.queue, FaultPlan([fault]))
        trial.clock.advance(LEASE - 1)
        held = await _insist(lambda: queue.renew({running.id: running.fence}, LEASE))
        assert held.lost == frozenset()
        trial.clock.advance(2)
        assert await trial.queue.reclaim(3, 10) == []

    @EITHER
    async def test_a_lost_task_spends_one_crash_although_the(self, trial: Trial, fault: Fault) -> None:
        running = await trial.running()
        queue = FaultyQueue(trial.queue, FaultPlan([fault]))
        trial.clock.advance(LEASE + 0.1)
        await _insist(lambda: queue.reclaim(3, 10))
        stored = await trial.tasks.get(running.id)
        assert (stored.state, stored.crashes) == (TaskState.PENDING, 1)
        assert len(await trial.tasks.attempts(running.id)) == 1

    @EITHER
    async def test_pruned_tasks_are_counted_once_although_the(self, trial: Trial, fault: Fault) -> None:
        await trial.settle((await trial.running()).completed())
        tasks = FaultyTasks(trial.tasks, FaultPlan([fault]))
        await _insist(lambda: tasks.prune(Retention(state=TaskState.COMPLETED, keep_last=0), 10))
        assert await trial.tally() == {("default", "email:send", TaskState.COMPLETED): (1, 1)}

    async def test_forty_tasks_are_each_run_to_their_end_while_half_of_all_calls_fail(self, trial: Trial) -> None:
        faults = cycle([None, Fault.REPLY_LOST, None, None, Fault.REQUEST_LOST, Fault.REPLY_LOST, None])
        plan = FaultPlan(islice(faults, 10_000))
        tasks, queue = FaultyTasks(trial.tasks, plan), FaultyQueue(trial.queue, plan)
        wanted = [trial.new_task(dedupe=Dedupe(f"k{n}")) for n in range(40)]
        for task in wanted:
            assert await _insist(partial(tasks.add, [task])) == [None]
        ended: Counter[str] = Counter()
        for _ in range(100):
            running = await _claim_or_find(queue)
            answers = await _insist(partial(queue.settle, [task.completed() for task in running]))
            assert None not in answers
            ended.update(task.id for task in running)
        assert ended == Counter(task.id for task in wanted)
        assert [len(await trial.tasks.attempts(task.id)) for task in wanted] == [1] * 40
        assert await trial.tally() == {("default", "email:send", TaskState.COMPLETED): (40, 0)}


async def _claim_or_find(queue: FaultyQueue) -> list[Task]:
    """What a worker without any task runs next: what it claims or, when the reply was lost, what it then holds."""
    try:
        return list((await queue.claim(claim_request(3))).tasks)
    except StorageUnavailableError:
        return await _insist(partial(queue.held_by, "w1"))


async def _insist(call: Callable[[], Awaitable[T]]) -> T:
    """Call until the store answers."""
    for _ in range(10):
        try:
            return await call()
        except StorageUnavailableError:
            continue
    raise AssertionError("ten errors in a row")
