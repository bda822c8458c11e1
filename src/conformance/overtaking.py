from __future__ import annotations

import asyncio
import contextlib

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.errors import StaleTaskError, TaskNotFoundError
from backstage.domain.retention import Retention
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState

S = TaskState
_ROUNDS = 4


class Overtaking(BackendSuite):
    """What others do between the look and the step of a call, or between two of its steps, if it has two."""

    async def test_a_prune_leaves_dead_letters_alone_that_are_retried_meanwhile(self, trial: Trial) -> None:
        for _ in range(_ROUNDS):
            dead = await _dead_letters(trial, 40)
            pruned, *retried = await asyncio.gather(
                trial.tasks.prune(Retention(state=S.FAILED, keep_last=0), 40),
                _retried(trial, dead[::4], turns=0),
                _retried(trial, dead[1::4], turns=2),
                _retried(trial, dead[2::4], turns=4),
                _retried(trial, dead[3::4], turns=8),
            )
            alive = set().union(*retried)
            assert pruned + len(alive) == 40
            for id_ in alive:
                assert (await trial.tasks.get(id_)).state is S.PENDING
                assert len(await trial.tasks.attempts(id_)) == 2
            claimed = await trial.claim(50)
            assert {task.id for task in claimed} == alive
            await trial.queue.settle([task.completed() for task in claimed])

    async def test_of_many_expired_leases_those_renewed_meanwhile_are_not_taken_back(self, trial: Trial) -> None:
        for _ in range(_ROUNDS):
            running = await _running(trial, 40)
            trial.clock.advance(LEASE + 0.1)
            renewed: set[str] = set()

            async def renew_each(running: tuple[Task, ...] = running, renewed: set[str] = renewed) -> None:
                for task in reversed(running):
                    if not (await trial.queue.renew({task.id: task.fence}, LEASE)).lost:
                        renewed.add(task.id)

            reclaimed, _ = await asyncio.gather(trial.queue.reclaim(5, 40), renew_each())
            taken_back = {task.id for task, _ in reclaimed}
            assert (taken_back & renewed, taken_back | renewed) == (set(), {task.id for task in running})
            assert {task.id for task in await trial.queue.held_by("w1")} == renewed
            held = [*(task for task in running if task.id in renewed), *await trial.claim(50)]
            assert await trial.queue.settle([task.completed() for task in held]) == [S.COMPLETED] * 40

    async def test_a_completed_task_is_never_seen_without_its_next_task(self, trial: Trial) -> None:
        for n in range(20):
            running, chained = await trial.running(), trial.new_task(delay=1e6)

            async def look(running: Task = running, chained: Task = chained) -> None:
                seen = running
                while seen.state is not S.COMPLETED:
                    await asyncio.sleep(0)  # a store that never waits would keep the loop to itself
                    seen = await trial.tasks.get(running.id)
                assert await trial.tasks.get(chained.id) == chained

            outcomes = [running.completed(next_tasks=(chained,))]
            if n % 2:  # a batch of both kinds of ends is settled in more statements
                outcomes.append((await trial.running()).failed(BROKEN, POLICY, 0.0))
            async with asyncio.timeout(30):
                await asyncio.gather(look(), look(), trial.queue.settle(outcomes))


async def _running(trial: Trial, number: int) -> tuple[Task, ...]:
    await trial.tasks.add([trial.new_task() for _ in range(number)])
    claimed = await trial.claim(number)
    assert len(claimed) == number
    return claimed


async def _dead_letters(trial: Trial, number: int) -> list[Task]:
    """Each of them has failed twice, so that it has a record of its own beside that of its end."""
    await trial.queue.settle([task.failed(BROKEN, POLICY, 0.0) for task in await _running(trial, number)])
    trial.clock.advance(60)
    running = await trial.claim(number)
    outcomes = [task.gave_up(BROKEN) for task in running]
    assert await trial.queue.settle(outcomes) == [S.FAILED] * number
    return [task.settle(end, trial.clock.now()) for task, end in zip(running, outcomes, strict=True)]


async def _retried(trial: Trial, dead: list[Task], turns: int) -> set[str]:
    """Retry them one after another, each after so many turns of the loop; the ids of those that were still there."""
    retried = set()
    for task in dead:
        for _ in range(turns):
            await asyncio.sleep(0)
        with contextlib.suppress(StaleTaskError, TaskNotFoundError):
            await trial.tasks.save(task.retry(trial.clock.now()))
            retried.add(task.id)
    return retried
