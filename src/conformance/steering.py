from __future__ import annotations

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import LEASE, Trial
from backstage.domain.ports.queue_control import Pause
from backstage.domain.task_state import TaskState


class Steering(BackendSuite):
    """QueueControl: what is paused is not claimed."""

    async def test_nothing_is_paused_at_first(self, trial: Trial) -> None:
        assert await trial.control.paused() == []

    async def test_a_pause_is_told_with_its_moment(self, trial: Trial) -> None:
        trial.clock.advance(1.25)
        assert await trial.control.pause("queue", "mail")
        assert await trial.control.paused() == [Pause("queue", "mail", trial.clock.now())]

    async def test_pausing_twice_is_told_and_keeps_the_first_moment(self, trial: Trial) -> None:
        since = trial.clock.now()
        assert await trial.control.pause("type", "email:send")
        trial.clock.advance(5)
        assert not await trial.control.pause("type", "email:send")
        assert await trial.control.paused() == [Pause("type", "email:send", since)]

    async def test_a_pause_says_by_whom_and_why_until_it_is_resumed(self, trial: Trial) -> None:
        assert await trial.control.pause("queue", "mail", by="ops", reason="provider 'down' \u2028 🐍")
        since = trial.clock.now()
        trial.clock.advance(5)
        assert not await trial.control.pause("queue", "mail", by="somebody else", reason="another")
        assert await trial.control.pause("type", "email:send", by="ops")
        assert await trial.control.paused() == [
            Pause("queue", "mail", since, "ops", "provider 'down' \u2028 🐍"),
            Pause("type", "email:send", trial.clock.now(), "ops"),
        ]
        await trial.control.resume("queue", "mail")
        await trial.control.resume("type", "email:send")
        await trial.control.pause("queue", "mail")
        assert await trial.control.paused() == [Pause("queue", "mail", trial.clock.now())]

    async def test_pauses_are_sorted_by_kind_and_name(self, trial: Trial) -> None:
        for kind, name in [("type", "b"), ("queue", "z"), ("type", "a"), ("queue", "Y")]:
            await trial.control.pause(kind, name)
        told = [(pause.kind, pause.name) for pause in await trial.control.paused()]
        assert told == [("queue", "Y"), ("queue", "z"), ("type", "a"), ("type", "b")]

    async def test_resuming_ends_a_pause(self, trial: Trial) -> None:
        await trial.control.pause("queue", "mail")
        assert await trial.control.resume("queue", "mail")
        assert await trial.control.paused() == []

    async def test_resuming_what_is_not_paused_is_told(self, trial: Trial) -> None:
        assert not await trial.control.resume("queue", "mail")

    async def test_a_queue_and_a_type_of_one_name_are_paused_apart(self, trial: Trial) -> None:
        await trial.control.pause("queue", "mail")
        assert not await trial.control.resume("type", "mail")
        assert [pause.kind for pause in await trial.control.paused()] == ["queue"]

    async def test_a_paused_queue_gives_nothing_and_the_others_do(self, trial: Trial) -> None:
        await trial.added(queue="mail", priority=9)
        other = await trial.added(queue="reports")
        await trial.control.pause("queue", "mail")
        assert [task.id for task in await trial.claim(5)] == [other.id]

    async def test_a_paused_queue_gives_nothing_to_those_who_name_it(self, trial: Trial) -> None:
        await trial.added(queue="mail")
        await trial.control.pause("queue", "mail")
        assert await trial.claim(5, queues={"mail": 1}) == ()

    async def test_a_paused_type_gives_nothing_and_the_others_do(self, trial: Trial) -> None:
        await trial.added(type="a", priority=9)
        other = await trial.added(type="b")
        await trial.control.pause("type", "a")
        assert [task.id for task in await trial.claim(5, types=frozenset({"a", "b"}))] == [other.id]

    async def test_a_resumed_queue_gives_its_tasks_again(self, trial: Trial) -> None:
        task = await trial.added(queue="mail")
        await trial.control.pause("queue", "mail")
        await trial.control.resume("queue", "mail")
        assert [each.id for each in await trial.claim(5)] == [task.id]

    async def test_a_queue_may_be_paused_before_its_first_task(self, trial: Trial) -> None:
        await trial.control.pause("queue", "mail")
        await trial.added(queue="mail")
        assert await trial.claim(5) == ()

    async def test_a_task_that_becomes_due_in_a_pause_waits(self, trial: Trial) -> None:
        task = await trial.added(delay=5.0)
        await trial.control.pause("queue", "default")
        trial.clock.advance(6)
        assert await trial.claim(5) == ()
        await trial.control.resume("queue", "default")
        assert [each.id for each in await trial.claim(5)] == [task.id]

    @pytest.mark.parametrize(("kind", "name"), [("queue", "default"), ("type", "email:send")])
    async def test_a_pause_does_not_touch_what_runs(self, trial: Trial, kind: str, name: str) -> None:
        running = await trial.running()
        await trial.control.pause(kind, name)
        assert (await trial.queue.renew({running.id: running.fence}, LEASE)).lost == frozenset()
        assert await trial.settle(running.completed()) is TaskState.COMPLETED

    async def test_a_paused_queue_still_takes_tasks(self, trial: Trial) -> None:
        await trial.control.pause("queue", "default")
        task = await trial.added()
        assert await trial.tasks.get(task.id) == task
