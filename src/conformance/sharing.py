from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from backstage.conformance.backend_suite import BackendSuite, Connect, DropStore, NewStore, on_trial
from backstage.conformance.exploring import BOUNDED
from backstage.conformance.machine import BackendMachine
from backstage.conformance.task_factory import TaskFactory
from backstage.conformance.trial import BROKEN, LEASE, Trial
from backstage.conformance.waking import LONG, PROMPT
from backstage.domain.broadcast_message import BroadcastMessage
from backstage.domain.cron_task import CronTask
from backstage.domain.dedupe import Dedupe, Duplicate
from backstage.domain.subscription import Subscription
from backstage.domain.task_state import TaskState
from backstage.testing.fake_clock import FakeClock

NIGHTLY = CronTask("0 3 * * *", "email:send")


class SharedStoreSuite(BackendSuite):
    """For backends whose store outlives them: several processes share it, and it keeps what it was given.

    Subclass it beside ConformanceSuite. Each call of what `new_store` returns is one more process.
    """

    @pytest.fixture
    async def other(self, trial: Trial, connect: Connect) -> AsyncIterator[Trial]:
        """The same store as another process sees it."""
        async with on_trial(connect, trial.clock, trial.new_task) as other:
            yield other

    async def test_what_one_process_adds_another_sees_and_claims(self, trial: Trial, other: Trial) -> None:
        task = await trial.added()
        assert await other.tasks.get(task.id) == task
        [claimed] = await other.claim(worker_id="other")
        assert await trial.tasks.get(task.id) == claimed
        assert await trial.claim() == ()

    async def test_claims_of_two_processes_share_no_task(self, trial: Trial, other: Trial) -> None:
        await trial.tasks.add([trial.new_task() for _ in range(100)])
        claims = await asyncio.gather(*(each.claim(7) for _ in range(10) for each in (trial, other)))
        ids = [task.id for claim in claims for task in claim]
        assert len(ids) == len(set(ids)) == 100

    async def test_any_process_may_settle_with_the_right_fence(self, trial: Trial, other: Trial) -> None:
        running = await trial.running()
        assert await other.settle(running.completed()) is TaskState.COMPLETED
        assert await trial.settle(running.gave_up(BROKEN)) is None

    async def test_a_subscription_is_one_for_every_process(self, trial: Trial, other: Trial) -> None:
        await trial.subscriptions.put(Subscription(name="alerts", queues=("mail",)))
        await other.subscriptions.put(Subscription(name="alerts"))
        assert await trial.subscriptions.all() == [Subscription(name="alerts")]
        assert await trial.subscriptions.delete("alerts")
        assert not await other.subscriptions.delete("alerts")

    async def test_a_dedupe_key_holds_for_every_process(self, trial: Trial, other: Trial) -> None:
        holder = await trial.added(dedupe=Dedupe("k"))
        assert await other.tasks.add([other.new_task(dedupe=Dedupe("k"))]) == [Duplicate(holder.id, "k")]

    async def test_processes_that_add_one_key_at_once_store_one_task(self, trial: Trial, other: Trial) -> None:
        for n in range(20):
            one, two = (trial.new_task(dedupe=Dedupe(f"k{n}")) for _ in range(2))
            answers = await asyncio.gather(trial.tasks.add([one]), other.tasks.add([two]))
            assert answers.count([None]) == 1
        assert (await trial.tally())["default", "email:send", TaskState.PENDING] == (20, 0)

    async def test_a_lost_worker_is_found_by_another_process(self, trial: Trial, other: Trial) -> None:
        running = await trial.running()
        trial.clock.advance(LEASE + 0.1)
        assert [task.id for task, _ in await other.queue.reclaim(3, 10)] == [running.id]

    async def test_counts_are_the_same_for_every_process(self, trial: Trial, other: Trial) -> None:
        await asyncio.gather(*(each.added() for _ in range(10) for each in (trial, other)))
        await asyncio.gather(*(each.claim(3) for each in (trial, other)))
        assert await trial.tally() == await other.tally()
        assert sum(number for number, _ in (await trial.tally()).values()) == 20

    async def test_a_pause_holds_for_every_process(self, trial: Trial, other: Trial) -> None:
        await trial.added()
        await trial.control.pause("queue", "default")
        assert await other.claim() == ()
        assert await other.control.paused() == await trial.control.paused()

    async def test_a_schedule_is_the_same_for_every_process(self, trial: Trial, other: Trial) -> None:
        schedule = await trial.schedules.put(NIGHTLY)
        assert await other.schedules.all() == [schedule]
        assert await other.schedules.pause(schedule.name)
        assert not await trial.schedules.pause(schedule.name)

    async def test_each_tick_is_fired_by_one_of_two_processes(self, trial: Trial, other: Trial) -> None:
        schedule = await trial.schedules.put(NIGHTLY)
        for n in range(30):
            trial.clock.advance(60)
            now, fires = trial.clock.now(), (trial, other)[:: 1 - 2 * (n % 2)]
            fired = await asyncio.gather(*(each.schedules.fire(schedule, now, [each.new_task()]) for each in fires))
            assert sorted(fired) == [False, True]
            schedule = replace(schedule, last_tick=now)
        assert await other.schedules.find(schedule.name) == schedule
        assert len(await trial.claim(50)) == 30

    async def test_a_message_that_one_process_sends_every_process_receives(self, trial: Trial, other: Trial) -> None:
        position = await other.broadcasts.position()
        messages = [_message(trial, n) for n in range(10)]
        for n, message in enumerate(messages):
            await (trial, other)[n % 2].broadcasts.send(message)
        for each in (trial, other):
            assert list((await each.broadcasts.receive(position, 100)).messages) == messages

    async def test_a_reader_misses_nothing_that_two_processes_send_at_once(self, trial: Trial, other: Trial) -> None:
        async def send_all(sender: Trial, numbers: range) -> None:
            for n in numbers:
                await sender.broadcasts.send(_message(sender, n))

        async def read_all(after: str) -> list[str]:
            got: list[str] = []
            while len(got) < 100:
                received = await other.broadcasts.receive(after, 3)
                got += [message.id for message in received.messages]
                after = received.position
                await asyncio.sleep(0)
            return got

        async with asyncio.timeout(LONG):
            reading = asyncio.ensure_future(read_all(await trial.broadcasts.position()))
            await asyncio.gather(send_all(trial, range(50)), send_all(other, range(50, 100)))
            got = await reading
        for numbers in (range(50), range(50, 100)):
            sent = [_message(trial, n).id for n in numbers]
            assert [id_ for id_ in got if id_ in sent] == sent

    async def test_a_message_wakes_the_workers_of_every_process(self, trial: Trial, other: Trial) -> None:
        async with other.backend.wakeup() as wakeup:
            await wakeup.wait(0.0)
            await trial.broadcasts.send(_message(trial, 0))
            async with asyncio.timeout(PROMPT):
                await wakeup.wait(LONG)

    async def test_a_task_that_one_process_adds_wakes_another(self, trial: Trial, other: Trial) -> None:
        async with other.backend.wakeup() as wakeup:
            await wakeup.wait(0.0)
            await trial.added()
            async with asyncio.timeout(PROMPT):
                await wakeup.wait(LONG)

    def test_any_steps_that_two_processes_take_by_turns_are_answered_as_the_model_answers(
        self, new_store: NewStore, drop_store: DropStore, walks: int
    ) -> None:
        class OfTwoProcesses(BackendMachine):
            def __init__(self) -> None:
                self.connect = new_store()
                super().__init__(self.connect, processes=2)

            def teardown(self) -> None:
                super().teardown()
                drop_store(self.connect)

        run_state_machine_as_test(OfTwoProcesses, settings=settings(BOUNDED, max_examples=walks // 2))

    async def test_everything_is_kept_when_the_last_process_closes(self, connect: Connect, clock: FakeClock) -> None:
        new_task = TaskFactory(clock)
        async with on_trial(connect, clock, new_task) as trial:
            running, waiting = await trial.running(), await trial.added(delay=60.0, dedupe=Dedupe("k"))
            done = await trial.running()
            await trial.settle(done.completed("1"))
            ended, records = await trial.tasks.get(done.id), await trial.tasks.attempts(done.id)
            await trial.control.pause("type", "report:build")
            pauses, tally = await trial.control.paused(), await trial.tally()
            schedule, position = await trial.schedules.put(NIGHTLY), await trial.broadcasts.position()
            await trial.broadcasts.send(_message(trial, 0))
        async with on_trial(connect, clock, new_task) as again:
            assert [await again.tasks.get(t.id) for t in (running, waiting, done)] == [running, waiting, ended]
            assert await again.tasks.attempts(done.id) == records
            assert await again.control.paused() == pauses
            assert await again.tally() == tally
            assert await again.schedules.all() == [schedule]
            assert list((await again.broadcasts.receive(position, 10)).messages) == [_message(trial, 0)]
            assert await again.tasks.add([again.new_task(dedupe=Dedupe("k"))]) == [Duplicate(waiting.id, "k")]

    async def test_a_lease_goes_on_while_its_store_is_closed(self, connect: Connect, clock: FakeClock) -> None:
        new_task = TaskFactory(clock)
        async with on_trial(connect, clock, new_task) as trial:
            running = await trial.running()
        clock.advance(LEASE - 1)
        async with on_trial(connect, clock, new_task) as again:
            assert await again.queue.reclaim(3, 10) == []
            clock.advance(1.1)
            assert [task.id for task, _ in await again.queue.reclaim(3, 10)] == [running.id]


def _message(trial: Trial, number: int) -> BroadcastMessage:
    id_ = f"01940000-0000-4000-8000-{number:012x}"
    return BroadcastMessage(id=id_, name="cache:clear", sent_at=trial.clock.now())
