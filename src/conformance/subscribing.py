from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import BROKEN, LEASE, POLICY, Trial
from backstage.domain.delivery import deliveries_of
from backstage.domain.event_document import event_of
from backstage.domain.events import TaskEvent, TaskFailed
from backstage.domain.outcome import Outcome
from backstage.domain.subscription import DELIVERY_QUEUE, Subscription
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState

ALERTS = Subscription(name="alerts")
EACH = Subscription(name="each", events=("worker-task:completed", "worker-task:failed"), every_attempt=True)
MAX = 3
"""The `max_deliveries` that these tests reclaim with."""


class Subscribing(BackendSuite):
    """Subscriptions, and the deliveries that are stored in the step that ends a claim."""

    # -- the port --------------------------------------------------------------------------------

    async def test_there_is_no_subscription_at_first(self, trial: Trial) -> None:
        assert await trial.subscriptions.all() == []

    async def test_subscriptions_are_kept_whole_and_sorted_by_name(self, trial: Trial) -> None:
        narrow = Subscription(name="Z.narrow_1", types=("email:*", "sms:*"), queues=("mail-é*",), every_attempt=True)
        for subscription in (EACH, narrow, ALERTS):
            await trial.subscriptions.put(subscription)
        assert await trial.subscriptions.all() == [narrow, ALERTS, EACH]

    async def test_putting_it_again_changes_nothing(self, trial: Trial) -> None:
        await trial.subscriptions.put(ALERTS)
        await trial.subscriptions.put(ALERTS)
        assert await trial.subscriptions.all() == [ALERTS]

    async def test_another_one_of_that_name_takes_its_place(self, trial: Trial) -> None:
        await trial.subscriptions.put(ALERTS)
        other = Subscription(name="alerts", queues=("mail",))
        await trial.subscriptions.put(other)
        assert await trial.subscriptions.all() == [other]

    async def test_a_deleted_subscription_is_gone_and_a_second_time_there_is_none(self, trial: Trial) -> None:
        await trial.subscriptions.put(ALERTS)
        await trial.subscriptions.put(EACH)
        assert await trial.subscriptions.delete("alerts")
        assert not await trial.subscriptions.delete("alerts")
        assert await trial.subscriptions.all() == [EACH]

    # -- deliveries ------------------------------------------------------------------------------

    async def test_a_final_failure_is_stored_with_its_delivery(self, trial: Trial) -> None:
        running = await trial.running(
            payload_json='{"to":"é"}', metadata={"tenant": "7"}, tags=("vip",), key="k", is_awaited=True
        )
        outcome = _delivered(trial, running, running.gave_up(BROKEN))
        assert await trial.settle(outcome) is TaskState.FAILED
        event = await _only_event(trial)
        assert isinstance(event, TaskFailed)
        assert (event.task, event.error, event.will_retry) == (await trial.tasks.get(running.id), BROKEN, False)

    async def test_a_failed_attempt_may_have_a_delivery_too(self, trial: Trial) -> None:
        running = await trial.running(max_attempts=3)
        outcome = _delivered(trial, running, running.failed(BROKEN, POLICY, 0.0), EACH)
        assert await trial.settle(outcome) is TaskState.PENDING
        event = await _only_event(trial)
        assert isinstance(event, TaskFailed)
        assert event.will_retry
        assert event.task == await trial.tasks.get(running.id)

    async def test_an_outcome_that_is_settled_again_has_one_delivery(self, trial: Trial) -> None:
        running = await trial.running()
        outcome = _delivered(trial, running, running.gave_up(BROKEN))
        assert [await trial.settle(outcome) for _ in range(2)] == [TaskState.FAILED] * 2
        assert len(await _deliveries(trial)) == 1

    async def test_a_refused_outcome_has_no_delivery(self, trial: Trial) -> None:
        running = await _expired(trial)
        await trial.queue.reclaim(MAX, 10)
        assert await trial.settle(_delivered(trial, running, running.gave_up(BROKEN))) is None
        assert await _deliveries(trial) == []

    async def test_a_task_that_dies_with_its_worker_is_stored_with_its_delivery(self, trial: Trial) -> None:
        running = await _expired(trial, queue="mail")
        [(dead, outcome)] = await trial.queue.reclaim(1, 10, _next_tasks_of(trial))
        assert (dead.state, outcome.next_tasks) == (TaskState.FAILED, tuple(await _deliveries(trial)))
        event = await _only_event(trial)
        assert isinstance(event, TaskFailed)
        assert (event.task, event.error.type, event.will_retry) == (dead, "TooManyDeliveries", False)
        assert event.task.id == running.id

    async def test_a_task_that_another_worker_may_run_has_no_delivery(self, trial: Trial) -> None:
        await _expired(trial)
        [(waiting, outcome)] = await trial.queue.reclaim(MAX, 10, _next_tasks_of(trial))
        assert (waiting.state, outcome.next_tasks) == (TaskState.PENDING, ())
        assert await _deliveries(trial) == []

    async def test_a_lost_task_whose_cancel_was_requested_has_no_delivery(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.tasks.save(running.cancel(trial.clock.now()))
        trial.clock.advance(LEASE + 0.1)
        [(cancelled, _)] = await trial.queue.reclaim(MAX, 10, _next_tasks_of(trial, EACH))
        assert (cancelled.state, await _deliveries(trial)) == (TaskState.CANCELLED, [])

    async def test_every_task_of_a_reclaimed_batch_has_its_own_delivery(self, trial: Trial) -> None:
        await trial.tasks.add([trial.new_task(queue=queue) for queue in "abab"])
        running = await trial.claim(4)
        trial.clock.advance(LEASE + 0.1)
        await trial.queue.reclaim(1, 10, _next_tasks_of(trial, ALERTS, EACH))
        deliveries = await _deliveries(trial)
        told = sorted((event_of(delivery.payload).task.id, delivery.type) for delivery in deliveries)
        types = (ALERTS.delivery_type, EACH.delivery_type)
        assert told == sorted((task.id, type_) for task in running for type_ in types)

    @pytest.mark.parametrize("payload", ['"' + "x" * 70_000 + '"', "not json"])
    async def test_a_payload_that_is_too_long_or_no_json_is_left_out(self, trial: Trial, payload: str) -> None:
        running = await trial.running(payload_json=payload)
        await trial.settle(_delivered(trial, running, running.gave_up(BROKEN)))
        event = await _only_event(trial)
        assert (event.task.id, event.task.payload) == (running.id, None)

    async def test_a_delivery_is_claimed_like_any_task(self, trial: Trial) -> None:
        running = await trial.running()
        await trial.settle(_delivered(trial, running, running.gave_up(BROKEN)))
        [claimed] = await trial.claim(types=frozenset({ALERTS.delivery_type}), queues={DELIVERY_QUEUE: 0})
        [delivery] = await _deliveries(trial)
        assert claimed == delivery
        assert claimed.started_at - claimed.created_at < timedelta(seconds=1)  # type: ignore[operator]


def _delivered(trial: Trial, task: Task, outcome: Outcome, *subscriptions: Subscription) -> Outcome:
    return outcome.followed_by(_next_tasks_of(trial, *subscriptions)(task, outcome))


def _next_tasks_of(trial: Trial, *subscriptions: Subscription) -> Any:
    return lambda task, outcome: deliveries_of(task, outcome, subscriptions or (ALERTS,), trial.clock.now())


async def _deliveries(trial: Trial) -> list[Task]:
    return list((await trial.tasks.find(TaskQuery(queue=DELIVERY_QUEUE))).tasks)


async def _only_event(trial: Trial) -> TaskEvent:
    [delivery] = await _deliveries(trial)
    return event_of(delivery.payload)


async def _expired(trial: Trial, **fields: Any) -> Task:
    """A task whose lease has just run out, as its worker knew it."""
    running = await trial.running(**fields)
    trial.clock.advance(LEASE + 0.1)
    return running
