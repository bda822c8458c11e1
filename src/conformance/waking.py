from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, Trial
from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.cron_task import CronTask
from backstage.domain.hint import Hint
from backstage.domain.ports.wakeup import Wakeup

LONG = 20.0
"""Seconds of a wait that something has to end; a test that waits them out has failed."""

PROMPT = 5.0
"""Seconds in which a hint has arrived, even on a busy machine."""

Step = Callable[[Trial], Awaitable[None]]


async def _enqueue(trial: Trial) -> None:
    await trial.added()


async def _cancel_a_running_task(trial: Trial) -> None:
    [running] = await trial.queue.held_by("w1")
    await trial.tasks.save(running.cancel(trial.clock.now()))


async def _retry_a_dead_letter(trial: Trial) -> None:
    [running] = await trial.queue.held_by("w1")
    await trial.settle(running.gave_up(BROKEN))
    await trial.tasks.save((await trial.tasks.get(running.id)).retry(trial.clock.now()))


async def _resume(trial: Trial) -> None:
    await trial.control.resume("queue", "mail")


async def _fire(trial: Trial) -> None:
    schedule = await trial.schedules.put(CronTask("0 3 * * *", "email:send"))
    assert await trial.schedules.fire(schedule, trial.clock.now() + timedelta(days=1), [trial.new_task()])


async def _broadcast(trial: Trial) -> None:
    message = BroadcastMessage(id="01940000-0000-4000-8000-00000000beef", name="reload", sent_at=trial.clock.now())
    await trial.broadcasts.send(message)


STEPS: dict[str, Step] = {
    "was enqueued": _enqueue,
    "was cancelled": _cancel_a_running_task,
    "was retried": _retry_a_dead_letter,
    "was resumed": _resume,
    "was fired by a schedule": _fire,
    "was broadcast": _broadcast,
}


class Waking(BackendSuite):
    """Wakeup: a hint comes at once, and silence lasts no longer than asked."""

    @pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
    async def test_a_waiter_is_woken_when_something(self, trial: Trial, step: Step) -> None:
        await _prepare(trial)
        async with trial.backend.wakeup() as wakeup:
            await wakeup.wait(0.0)
            waiter = asyncio.ensure_future(wakeup.wait(LONG))
            await asyncio.sleep(0)
            await step(trial)
            async with asyncio.timeout(PROMPT):
                await waiter

    @pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
    async def test_a_wait_returns_at_once_when_before_it_something(self, trial: Trial, step: Step) -> None:
        await _prepare(trial)
        async with trial.backend.wakeup() as wakeup:
            await wakeup.wait(0.0)
            await step(trial)
            async with asyncio.timeout(PROMPT):
                await wakeup.wait(LONG)

    async def test_a_wait_ends_after_its_time_when_nothing_happens(self, trial: Trial) -> None:
        async with trial.backend.wakeup() as wakeup, asyncio.timeout(PROMPT):
            await wakeup.wait(0.05)

    async def test_a_hint_is_spent_by_the_wait_that_it_ends(self, trial: Trial) -> None:
        loop = asyncio.get_running_loop()
        async with trial.backend.wakeup() as wakeup:
            await trial.added()
            waits = []
            for _ in range(5):  # one step may give several hints, but not for ever
                begun = loop.time()
                await wakeup.wait(0.2)
                waits.append(loop.time() - begun)
            assert waits[-1] > 0.1

    async def test_every_waiter_is_woken(self, trial: Trial) -> None:
        async with trial.backend.wakeup() as first, trial.backend.wakeup() as second:
            waiters = asyncio.gather(first.wait(LONG), second.wait(LONG))
            await asyncio.sleep(0)
            await trial.added()
            async with asyncio.timeout(PROMPT):
                await waiters

    async def test_a_task_that_was_added_wakes_a_waiter_who_can_then_claim_it(self, trial: Trial) -> None:
        async with trial.backend.wakeup() as wakeup:
            task = await trial.added()
            async with asyncio.timeout(PROMPT):
                await wakeup.wait(LONG)
            assert [each.id for each in await trial.claim()] == [task.id]

    async def test_a_next_task_wakes_a_waiter(self, trial: Trial) -> None:
        running = await trial.running()
        async with trial.backend.wakeup() as wakeup:
            await wakeup.wait(0.0)
            await trial.settle(running.completed(next_tasks=(trial.new_task(),)))
            async with asyncio.timeout(PROMPT):
                await wakeup.wait(LONG)

    async def test_a_wait_on_another_threads_loop_is_woken(self, trial: Trial) -> None:
        async def wait_there() -> None:
            async with trial.backend.wakeup() as wakeup:
                listening.set()
                await wakeup.wait(LONG)

        listening = _ThreadSignal()
        elsewhere = asyncio.create_task(asyncio.to_thread(asyncio.run, wait_there()))
        async with asyncio.timeout(PROMPT):
            await listening.wait()
            await trial.added()
            await elsewhere

    async def test_a_subscription_without_a_name_is_not_called(self, trial: Trial) -> None:
        async with trial.backend.wakeup() as wakeup:
            assert not wakeup.is_called

    async def test_a_call_reaches_the_one_that_is_called(self, trial: Trial) -> None:
        async with _called(trial, "w1") as one, _called(trial, "w2") as other, asyncio.timeout(PROMPT):
            for hint in (Hint.CALL, Hint.CREW):
                await other.call(["w1"], hint)
                assert await one.wait(LONG) == hint
            await one.call(["w2", "nobody"], Hint.CALL)
            assert await other.wait(LONG) == Hint.CALL  # and none that was meant for the other

    async def test_whoever_wants_nothing_but_calls_is_woken_by_nothing_else(self, trial: Trial) -> None:
        async with _called(trial, "w1") as standby, _called(trial, "w2") as lookout, asyncio.timeout(LONG):
            standby.hear_calls()
            while (await self._what_both_hear(trial, lookout, standby)) != Hint.NOTHING:
                pass
            await lookout.call(["w1"], Hint.CALL)
            assert await standby.wait(LONG) == Hint.CALL
            standby.hear_all()
            while (await self._what_both_hear(trial, lookout, standby)) != Hint.WORK:
                pass

    async def _what_both_hear(self, trial: Trial, first: Wakeup, second: Wakeup) -> Hint:
        """Return what the second heard of a task by the time when the first had heard of it."""
        await trial.added()
        assert await first.wait(LONG) == Hint.WORK
        await first.call(["w1"], Hint.CREW)  # comes behind the other, on the same way
        heard = await second.wait(LONG)
        while not heard & Hint.CREW:
            heard |= await second.wait(LONG)
        return heard & ~Hint.CREW


@contextlib.asynccontextmanager
async def _called(trial: Trial, name: str) -> AsyncIterator[Wakeup]:
    """A subscription that is called, and that has spent what it heard before."""
    async with trial.backend.wakeup(name) as wakeup:
        async with asyncio.timeout(PROMPT):
            while not wakeup.is_called:
                await wakeup.wait(0.005)
        while await wakeup.wait(0.05):
            pass
        yield wakeup


class _ThreadSignal:
    """An event of this loop that any thread may set."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def set(self) -> None:
        self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self) -> None:
        await self._event.wait()


async def _prepare(trial: Trial) -> None:
    """A running task to cancel or to fail, and a paused queue to resume."""
    await trial.running()
    await trial.control.pause("queue", "mail")
