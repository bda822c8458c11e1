from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import LEASE, POLICY, Trial
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import UndecodableTaskError
from backstage.domain.failure import Failure
from backstage.domain.retention import Retention
from backstage.domain.stored_subscription import UnreadableSubscription
from backstage.domain.subscription import Subscription
from backstage.domain.task import Task
from backstage.domain.task_query import TaskQuery
from backstage.domain.task_state import TaskState
from backstage.domain.worker_info import WorkerInfo

Spoil = Callable[[Task, str, Any], Awaitable[Any]]
"""Writes a value into the store in place of a task's field, as somebody else would; gives the one before, raw."""

Scribble = Callable[[str], Awaitable[None]]
"""Writes a row that makes no sense beside the good ones: a `subscription` or a `worker` named odd, or a `count`; an
`attempt` spoils the first record of every task."""

SPOILT: dict[str, tuple[str, Any]] = {
    "metadata that is no JSON": ("metadata", "no json"),
    "metadata that is a list": ("metadata", "[1]"),
    "metadata with a number": ("metadata", '{"a": 1}'),
    "tags that are no JSON": ("tags", "no json"),
    "a tag that is a number": ("tags", '["a", 1]'),
    "a backoff of a newer kind": ("backoff", "fibonacci 1.0 2.0 0.0"),
    "half a backoff": ("backoff", "fixed"),
    "a failure that is no JSON": ("last_failure", "{"),
    "a failure with a foreign field": ("last_failure", '{"type": "A", "message": "b", "severity": 3}'),
    "a window that has no length": ("dedupe_ttl", -1),
    "a moment beyond all calendars": ("created_at", 9 * 10**17),
}
COUNTED = [*product(("deliveries", "version", "crashes", "interruptions"), (-7, 2**31 - 1))]

FIELDS: dict[str, Any] = {"metadata": {"a": "b"}, "dedupe": Dedupe("key", 3600.0), "max_attempts": 3}
BEFORE = Failure("ValueError", "the first time", "")


class SpoiltTasksSuite(BackendSuite):
    """Stored tasks and rows beside them that cannot be read, for every store that others can write to."""

    @pytest.fixture
    def spoil(self) -> Spoil:
        raise NotImplementedError("give your subclass a fixture `spoil`")

    @pytest.fixture
    def scribble(self) -> Scribble:
        raise NotImplementedError("give your subclass a fixture `scribble`")

    @pytest.mark.parametrize(("field", "value"), SPOILT.values(), ids=SPOILT.keys())
    async def test_a_task_that_cannot_be_decoded_is_a_dead_letter_and_runs_once_it_is_repaired(
        self, trial: Trial, spoil: Spoil, field: str, value: Any
    ) -> None:
        task = await _waiting(trial)
        first, last = await trial.added(), await trial.added()
        before = await spoil(task, field, value)
        claimed = await trial.ask(10)
        assert [each.id for each in claimed.tasks] == [first.id, last.id]
        assert [each.id for each in claimed.undecodable] == [task.id]
        dead = await trial.tasks.get(task.id)
        assert (dead.state, dead.undecodable and len(dead.undecodable)) == (TaskState.FAILED, 1)
        assert dead.last_failure is not None
        assert dead.last_failure.type == "UndecodableTask"
        assert (await trial.tally())["default", task.type, TaskState.FAILED] == (1, 0)
        assert await spoil(task, field, before) == value
        await trial.tasks.save((await trial.tasks.get(task.id)).retry(trial.clock.now()))
        assert [each.id for each in await trial.claim(10)] == [task.id]

    @pytest.mark.parametrize(("field", "value"), SPOILT.values(), ids=SPOILT.keys())
    async def test_a_task_that_cannot_be_decoded_is_found_and_says_so(
        self, trial: Trial, spoil: Spoil, field: str, value: Any
    ) -> None:
        task = await _waiting(trial)
        other = await trial.added()
        await spoil(task, field, value)
        assert {each.id for each in (await trial.tasks.find(TaskQuery())).tasks} == {task.id, other.id}
        [found] = [each for each in (await trial.tasks.find(TaskQuery())).tasks if each.id == task.id]
        assert found == await trial.tasks.get(task.id)
        assert found.last_failure is not None
        assert found.last_failure.type == "UndecodableTask"
        assert [each.task.id for each in await trial.archive.read(None, 10)] == [task.id, other.id]
        assert len(await trial.tasks.attempts(task.id)) == 1

    async def test_neither_retry_nor_cancel_writes_over_what_cannot_be_decoded(
        self, trial: Trial, spoil: Spoil
    ) -> None:
        task = await _waiting(trial)
        await spoil(task, "metadata", "no json")
        with pytest.raises(UndecodableTaskError, match="metadata"):
            (await trial.tasks.get(task.id)).cancel(trial.clock.now())
        await trial.ask(10)
        with pytest.raises(UndecodableTaskError, match="metadata"):
            (await trial.tasks.get(task.id)).retry(trial.clock.now())

    async def test_a_lost_task_that_cannot_be_decoded_is_a_dead_letter_and_its_neighbours_go_on(
        self, trial: Trial, spoil: Spoil
    ) -> None:
        running, other = await trial.running(**FIELDS), await trial.running()
        await spoil(running, "metadata", "no json")
        assert [each.id for each in await trial.queue.held_by("w1")] == [other.id]
        trial.clock.advance(LEASE + 0.1)
        states = {task.id: task.state for task, _ in await trial.queue.reclaim(5, 10)}
        assert states == {running.id: TaskState.FAILED, other.id: TaskState.PENDING}
        assert (await trial.tasks.get(running.id)).state is TaskState.FAILED
        assert await trial.queue.reclaim(5, 10) == []

    async def test_a_dead_letter_that_cannot_be_decoded_is_pruned(self, trial: Trial, spoil: Spoil) -> None:
        task = await _waiting(trial)
        await spoil(task, "metadata", "no json")
        await trial.ask(10)
        trial.clock.advance(10)
        assert await trial.tasks.prune(Retention(state=TaskState.FAILED, max_age=5.0), 10) == 1
        assert (await trial.tally())["default", task.type, TaskState.FAILED] == (1, 1)

    async def test_a_subscription_that_cannot_be_read_keeps_its_name_and_hides_no_other(
        self, trial: Trial, scribble: Scribble
    ) -> None:
        await trial.subscriptions.put(Subscription(name="alerts"))
        await scribble("subscription")
        good, odd = await trial.subscriptions.all()
        assert good == Subscription(name="alerts")
        assert isinstance(odd, UnreadableSubscription)
        assert odd.name == "odd"
        assert await trial.subscriptions.delete("odd")

    async def test_a_worker_that_cannot_be_read_is_passed_over_and_told(
        self, trial: Trial, scribble: Scribble, caplog: pytest.LogCaptureFixture
    ) -> None:
        now = trial.clock.now()
        host = uuid4().hex  # each odd row is told of once in a process
        good = WorkerInfo(
            id="good", host=host, pid=1, started_at=now, seen_at=now, concurrency=1, queues=(), types=("a",)
        )
        await trial.registry.beat(good)
        await scribble("worker")
        assert [worker.id for worker in await trial.registry.workers(60.0)] == ["good"]
        told = [record.message for record in caplog.records if record.name == "backstage.store"]
        assert [message.partition(":")[0] for message in told] == ["a worker cannot be read here and is passed over"]

    async def test_an_attempt_of_an_unknown_outcome_is_passed_over_and_hides_no_other(
        self, trial: Trial, scribble: Scribble
    ) -> None:
        task = await _waiting(trial)
        running = (await trial.claim(1))[0]
        await trial.settle(running.failed(BEFORE, POLICY, 0.0))
        assert [each.fence for each in await trial.tasks.attempts(task.id)] == [1, 2]
        await scribble("attempt")
        assert [each.fence for each in await trial.tasks.attempts(task.id)] == [2]
        [stored] = await trial.archive.read(None, 10)
        assert [each.fence for each in stored.attempts] == [2]

    @pytest.mark.parametrize(("field", "value"), COUNTED)
    async def test_a_number_that_no_store_counts_to_makes_a_dead_letter_and_stops_no_claim(
        self, trial: Trial, spoil: Spoil, field: str, value: int
    ) -> None:
        task, other = await _waiting(trial), await trial.added()
        await spoil(task, field, value)
        claimed = await trial.ask(10)
        assert [each.id for each in claimed.tasks] == [other.id]
        dead = await trial.tasks.get(task.id)
        assert dead.state is TaskState.FAILED
        assert dead.last_failure is not None
        assert dead.last_failure.type == "UndecodableTask"

    async def test_a_count_of_an_unknown_state_is_passed_over(self, trial: Trial, scribble: Scribble) -> None:
        task = await trial.added()
        await scribble("count")
        assert await trial.tally() == {(task.queue, task.type, TaskState.PENDING): (1, 0)}


async def _waiting(trial: Trial) -> Task:
    """A task that failed once, so that it has a failure, and is due again."""
    running = await trial.running(**FIELDS)
    await trial.settle(running.failed(BEFORE, POLICY, 0.0))
    trial.clock.advance(60)
    return await trial.tasks.get(running.id)
