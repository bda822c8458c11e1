from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import StaleTaskError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

T = TypeVar("T")
U = TypeVar("U")


class Racing(BackendSuite):
    """What many callers do at once comes out as if they had come one after another."""

    async def test_thirty_concurrent_claims_give_each_task_once(self, trial: Trial) -> None:
        tasks = [trial.new_task() for _ in range(200)]
        await trial.tasks.add(tasks)
        claims = await asyncio.gather(*(trial.claim(8, worker_id=f"w{n}") for n in range(30)))
        times = Counter(task.id for claim in claims for task in claim)
        assert set(times) == {task.id for task in tasks}
        assert set(times.values()) == {1}

    async def test_workers_that_drain_a_queue_together_run_each_task_once(self, trial: Trial) -> None:
        tasks = [trial.new_task(type="ab"[n % 2], queue="xyz"[n % 3]) for n in range(120)]
        await trial.tasks.add(tasks)
        runs: Counter[str] = Counter()

        async def drain(worker_id: str) -> None:
            while batch := await trial.claim(3, worker_id=worker_id, types=frozenset({"a", "b"})):
                runs.update(task.id for task in batch)
                await trial.queue.settle([task.completed() for task in batch])

        await asyncio.gather(*(drain(f"w{n}") for n in range(10)))
        assert runs == Counter(task.id for task in tasks)
        assert {key[2] for key in await trial.tally()} == {TaskState.COMPLETED}

    async def test_of_two_ends_of_one_claim_exactly_one_is_accepted(self, trial: Trial) -> None:
        for n in range(50):
            running = await trial.running()
            answers = await _race(n, trial.settle(running.completed()), trial.settle(running.gave_up(BROKEN)))
            assert sorted(answers, key=str) in ([None, TaskState.COMPLETED], [None, TaskState.FAILED])
            accepted = next(answer for answer in answers if answer is not None)
            assert (await trial.tasks.get(running.id)).state is accepted
            assert len(await trial.tasks.attempts(running.id)) == 1

    async def test_one_outcome_sent_twice_at_once_leaves_one_record(self, trial: Trial) -> None:
        for _ in range(50):
            running = await trial.running()
            outcome = running.completed(next_tasks=(trial.new_task(delay=1e6),))
            answers = await asyncio.gather(trial.settle(outcome), trial.settle(outcome))
            assert set(answers) == {TaskState.COMPLETED}
            assert len(await trial.tasks.attempts(running.id)) == 1
        assert (await trial.tally())["default", "email:send", TaskState.PENDING] == (50, 0)

    async def test_a_cancel_against_a_claim_has_one_winner(self, trial: Trial) -> None:
        for n in range(300):
            task = await trial.added()
            claimed, cancelled = await _race(n, trial.claim(), _cancel(trial, task))
            stored = await trial.tasks.get(task.id)
            if cancelled:
                assert claimed == ()
                assert stored.state is TaskState.CANCELLED
            else:
                assert claimed == (stored,)
                await trial.settle(stored.completed())

    async def test_twenty_concurrent_adds_of_one_key_store_one_task(self, trial: Trial) -> None:
        tasks = [trial.new_task(dedupe=Dedupe("order-1")) for _ in range(20)]
        answers = [answer for each in await asyncio.gather(*(trial.tasks.add([t]) for t in tasks)) for answer in each]
        assert answers.count(None) == 1
        holder = tasks[answers.index(None)]
        assert {answer.holder_id for answer in answers if answer is not None} == {holder.id}
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (1, 0)}

    async def test_one_task_added_twenty_times_at_once_is_stored_once(self, trial: Trial) -> None:
        task = trial.new_task(dedupe=Dedupe("order-1"))
        assert await asyncio.gather(*(trial.tasks.add([task]) for _ in range(20))) == [[None]] * 20
        assert await trial.tally() == {("default", "email:send", TaskState.PENDING): (1, 0)}

    async def test_concurrent_reclaims_take_each_lost_task_once(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task() for _ in range(60)])
        await trial.claim(60)
        trial.clock.advance(LEASE + 0.1)
        found = await asyncio.gather(*(trial.queue.reclaim(5, 20) for _ in range(10)))
        times = Counter(task.id for each in found for task, _ in each)
        assert len(times) == 60
        assert set(times.values()) == {1}

    async def test_a_settle_against_a_reclaim_has_one_winner(self, trial: Trial) -> None:
        for n in range(100):
            running = await trial.running()
            trial.clock.advance(LEASE + 0.1)
            answer, reclaimed = await _race(n, trial.settle(running.completed()), trial.queue.reclaim(1, 10))
            assert (answer is None) == bool(reclaimed)
            assert len(await trial.tasks.attempts(running.id)) == 1

    async def test_a_renewal_against_a_reclaim_never_leaves_two_holders(self, trial: Trial) -> None:
        for n in range(100):
            running = await trial.running()
            trial.clock.advance(LEASE + 0.1)
            renewal = trial.queue.renew({running.id: running.fence}, LEASE)
            held, reclaimed = await _race(n, renewal, trial.queue.reclaim(5, 10))
            assert bool(held.lost) == bool(reclaimed)
            assert len(await trial.queue.held_by("w1")) == (0 if reclaimed else 1)
            [holder] = await trial.claim(5) if reclaimed else [running]
            await trial.settle(holder.completed())

    async def test_a_cancel_against_a_failure_never_loses_the_cancel(self, trial: Trial) -> None:
        for n in range(100):
            running = await trial.running()
            failure = running.failed(BROKEN, POLICY, 0.0)
            answer, cancelled = await _race(n, trial.settle(failure), _cancel(trial, running))
            assert answer is (TaskState.CANCELLED if cancelled else TaskState.PENDING)
            stored = await trial.tasks.get(running.id)
            if not cancelled:
                await trial.tasks.save(stored.cancel(trial.clock.now()))

    async def test_a_queue_answers_on_another_threads_event_loop(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task() for _ in range(10)])
        here, there = await asyncio.gather(
            trial.claim(5, worker_id="here"),
            asyncio.to_thread(lambda: asyncio.run(trial.claim(5, worker_id="there"))),
        )
        assert len({task.id for task in here + there}) == 10

    async def test_threads_that_drain_a_queue_together_run_each_task_once(self, trial: Trial) -> None:
        tasks = [trial.new_task() for _ in range(200)]
        await trial.tasks.add(tasks)

        async def drain(worker_id: str) -> list[str]:
            ran = []
            while batch := await trial.claim(7, worker_id=worker_id):
                await trial.queue.settle([task.completed() for task in batch])
                ran += [task.id for task in batch]
            return ran

        runs = await asyncio.gather(*(asyncio.to_thread(asyncio.run, drain(f"w{n}")) for n in range(4)))
        assert Counter(id_ for ran in runs for id_ in ran) == Counter(task.id for task in tasks)
        assert await trial.tally() == {("default", "email:send", TaskState.COMPLETED): (200, 0)}

    async def test_lasting_work_keeps_the_counts_equal_to_the_tasks(self, trial: Trial) -> None:
        async def produce() -> None:
            for _ in range(20):
                await trial.tasks.add([trial.new_task(queue="xy"[n % 2]) for n in range(3)])

        async def consume(worker_id: str) -> None:
            for n in range(25):
                batch = await trial.claim(2, worker_id=worker_id)
                await trial.queue.settle([task.completed() if n % 3 else task.released() for task in batch])

        await asyncio.gather(produce(), *(consume(f"w{n}") for n in range(4)))
        while batch := await trial.claim(10):
            await trial.queue.settle([task.completed() for task in batch])
        assert await trial.tally() == {
            ("x", "email:send", TaskState.COMPLETED): (40, 0),
            ("y", "email:send", TaskState.COMPLETED): (20, 0),
        }


async def _race(n: int, one: Coroutine[Any, Any, T], other: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Make both calls at once; the even rounds begin with the one, the odd rounds with the other."""
    if n % 2 == 0:
        first, second = await asyncio.gather(one, other)
    else:
        second, first = await asyncio.gather(other, one)
    return first, second


async def _cancel(trial: Trial, task: Task) -> bool:
    """Whether the cancel was in time."""
    try:
        await trial.tasks.save(task.cancel(trial.clock.now()))
    except StaleTaskError:
        return False
    return True
