from __future__ import annotations

import asyncio
from typing import Any

import pytest

from backstage import Backoff, GiveUp, Queue, RetryLater, TaskContext, TaskResult
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.outcome import OutcomeKind
from backstage.domain.task_state import TaskState
from tests.worker.workers import Workers, attempts, play, reached, until_some

NOW = Backoff.fixed(0)


async def test_an_attempt_that_raises_is_retried_until_none_is_left(any_workers: Workers) -> None:
    async def fails(context: TaskContext) -> None:
        raise ValueError(f"attempt {context.attempt}")

    worker = any_workers.new(until_idle=True)
    worker.on("t", fails, backoff=NOW)
    task = await play(worker, "t")
    records = await attempts(worker, task)
    assert (task.state, task.attempt) == (TaskState.FAILED, 3)
    assert [(each.number, each.outcome, str(each.failure)) for each in records] == [
        (1, OutcomeKind.RETRIED, "ValueError: attempt 1"),
        (2, OutcomeKind.RETRIED, "ValueError: attempt 2"),
        (3, OutcomeKind.DEAD, "ValueError: attempt 3"),
    ]
    assert task.last_failure is not None and "in fails" in task.last_failure.traceback
    assert {each.worker_id for each in records} == {records[0].worker_id}
    assert all(each.started_at <= each.ended_at for each in records)


async def test_a_task_that_recovers_completes_with_its_history(any_workers: Workers) -> None:
    def second_time(context: TaskContext) -> int:
        if context.attempt == 1:
            raise OSError("down")
        return context.attempt

    worker = any_workers.new(until_idle=True)
    worker.on("t", second_time, backoff=NOW)
    task = await play(worker, "t")
    assert (task.state, task.result) == (TaskState.COMPLETED, 2)
    assert [each.outcome for each in await attempts(worker, task)] == [OutcomeKind.RETRIED, OutcomeKind.COMPLETED]


async def test_a_retry_waits_for_its_backoff(workers: Workers) -> None:
    worker = workers.new()

    @worker.on("t", backoff=Backoff.linear(1000, cap=10_000))
    def fails() -> None:
        raise ValueError

    await worker.start()
    task = await worker.enqueue("t")
    assert task is not None
    [record] = await until_some(lambda: attempts(worker, task), 1)
    waiting = await reached(worker, task, TaskState.PENDING)
    assert (waiting.scheduled_at - record.ended_at).total_seconds() == 1000


@pytest.mark.parametrize(
    ("task", "handler", "queue", "worker", "allowed"),
    [
        (1, 2, 3, 4, 1),
        (None, 2, 3, 4, 2),
        (None, None, 3, 4, 3),
        (None, None, None, 4, 4),
        (5, 2, None, 1, 5),
    ],
)
async def test_attempts_are_those_of_the_task_else_handler_else_queue_else_worker(
    workers: Workers, task: int | None, handler: int | None, queue: int | None, worker: int, allowed: int
) -> None:
    def fails() -> None:
        raise ValueError

    retries = None if queue is None else queue - 1
    runner = workers.new(until_idle=True, queues=[Queue("q", max_retries=retries)], max_attempts=worker)
    runner.on("t", fails, max_attempts=handler, backoff=NOW)
    ended = await play(runner, "t", queue="q", max_attempts=task)
    assert ended.attempt == allowed


async def test_the_backoff_of_the_worker_holds_where_task_and_handler_say_nothing(workers: Workers) -> None:
    def fails() -> None:
        raise ValueError

    worker = workers.new(until_idle=True, max_attempts=2, backoff="fixed 0.01")
    delays = []
    worker.events.on(
        "worker-task:failed", lambda event: delays.append((event.task.scheduled_at - event.at).total_seconds())
    )
    worker.on("t", fails)
    assert (await play(worker, "t")).attempt == 2
    assert delays[0] < 0.5  # the default is a second, less a tenth


async def test_the_backoff_of_the_task_wins_over_the_handlers(workers: Workers) -> None:
    def fails() -> None:
        raise ValueError

    worker = workers.new(until_idle=True)
    worker.on("t", fails, max_attempts=2, backoff=Backoff.fixed(3600))
    assert (await play(worker, "t", backoff=NOW)).attempt == 2


async def test_retry_later_spends_no_attempt(any_workers: Workers) -> None:
    def third_delivery(context: TaskContext) -> list[int]:
        if context.fence < 3:
            raise RetryLater(0)
        return [context.attempt, context.fence]

    worker = any_workers.new(until_idle=True)
    worker.on("t", third_delivery, max_attempts=1)
    task = await play(worker, "t")
    assert (task.state, task.result) == (TaskState.COMPLETED, [1, 3])
    assert [each.outcome for each in await attempts(worker, task)] == ["snoozed", "snoozed", "completed"]


async def test_retry_later_runs_again_after_its_delay(workers: Workers) -> None:
    worker = workers.new()

    @worker.on("t")
    async def later() -> None:
        raise RetryLater(1000)

    task = await worker.enqueue("t")
    await worker.start()
    assert task is not None
    [record] = await until_some(lambda: attempts(worker, task), 1)
    stored = await reached(worker, task, TaskState.PENDING)
    assert (stored.scheduled_at - record.ended_at).total_seconds() == 1000
    assert stored.last_failure is None


async def test_a_delay_that_is_over_already_means_now(any_workers: Workers) -> None:
    async def second_delivery(context: TaskContext) -> int:
        if context.fence == 1:
            raise RetryLater(-5)
        return context.attempt

    task = await any_workers.run(second_delivery, max_attempts=1)
    assert (task.state, task.result) == (TaskState.COMPLETED, 1)


@pytest.mark.parametrize("delay", [float("nan"), float("inf"), "soon", None, True])
async def test_a_delay_that_is_none_is_an_ordinary_failed_attempt(workers: Workers, delay: Any) -> None:
    def later() -> None:
        raise RetryLater(delay)

    task = await workers.run(later, max_attempts=2, backoff=NOW)
    assert (task.state, task.attempt) == (TaskState.FAILED, 2)
    assert task.last_failure is not None and task.last_failure.message.startswith("delay: ")


async def test_give_up_is_a_dead_letter_whatever_is_left(any_workers: Workers) -> None:
    async def hopeless() -> None:
        raise GiveUp("the address does not exist")

    task = await any_workers.run(hopeless, max_attempts=9)
    assert (task.state, task.attempt) == (TaskState.FAILED, 1)
    assert str(task.last_failure) == "GiveUp: the address does not exist"


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_handler_cancels_its_own_task(workers: Workers, is_async: bool) -> None:
    async def on_loop(context: TaskContext) -> None:
        context.cancel("not wanted")

    def in_thread(context: TaskContext) -> None:
        context.cancel()

    task = await workers.run(on_loop if is_async else in_thread)
    assert (task.state, task.attempt) == (TaskState.CANCELLED, 1)


class OwnSignal(BaseException):
    """What some library raises past every `except Exception`."""


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), OwnSignal("x")], ids=repr)
@pytest.mark.parametrize("is_async", [True, False])
async def test_what_would_end_the_process_fails_the_attempt_only(
    workers: Workers, error: BaseException, is_async: bool
) -> None:
    async def on_loop() -> None:
        raise error

    def in_thread() -> None:
        raise error

    worker = workers.new(until_idle=True)
    worker.on("bad", on_loop if is_async else in_thread, max_attempts=1)
    worker.on("good", lambda: "ran")
    bad = await worker.enqueue("bad", priority=1)
    assert bad is not None
    assert (await play(worker, "good")).result == "ran"
    ended = await worker.backstage.get_task(bad.id)
    assert ended.state is TaskState.FAILED
    assert ended.last_failure is not None
    assert ended.last_failure.type == "HandlerCrashed"
    assert type(error).__name__ in ended.last_failure.message


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), StopIteration(), StopAsyncIteration(), GeneratorExit()], ids=repr
)
@pytest.mark.parametrize("is_async", [True, False])
async def test_an_error_that_means_something_to_python_itself_fails_the_attempt_only(
    workers: Workers, error: BaseException, is_async: bool
) -> None:
    async def on_loop() -> None:
        raise error

    def in_thread() -> None:
        raise error

    task = await workers.run(on_loop if is_async else in_thread, max_attempts=2, backoff=NOW)
    assert (task.state, task.attempt) == (TaskState.FAILED, 2)


async def test_a_cancellation_from_elsewhere_fails_the_attempt_only(workers: Workers) -> None:
    async def lets_through() -> None:
        inner = asyncio.create_task(asyncio.sleep(60))
        asyncio.get_running_loop().call_soon(inner.cancel)
        await inner

    task = await workers.run(lets_through, max_attempts=1)
    assert (task.state, str(task.last_failure)) == (TaskState.FAILED, "CancelledError")


class Unreadable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "error", [Unreadable(), ValueError("\0\ud800" + "x" * 50_000), ExceptionGroup("many", [ValueError()])]
)
async def test_any_error_can_be_recorded(workers: Workers, error: Exception) -> None:
    def fails() -> None:
        raise error

    worker = workers.new(until_idle=True)
    worker.on("t", fails, max_attempts=1)
    task = await play(worker, "t")
    assert task.last_failure is not None
    assert task.last_failure.type == type(error).__name__
    assert len(task.last_failure.message) <= 16 * 1024


async def test_bad_data_of_a_task_the_handler_enqueues_reaches_the_handler(workers: Workers) -> None:
    worker = workers.new(until_idle=True)

    @worker.on("t")
    async def enqueues() -> Any:
        with pytest.raises(InvalidTaskDataError):
            await worker.enqueue("not a type!")
        return TaskResult(result="told")

    assert (await play(worker, "t")).result == "told"


@pytest.mark.parametrize("is_async", [True, False])
async def test_bad_data_of_a_task_the_handler_enqueues_is_an_ordinary_failed_attempt(
    any_workers: Workers, is_async: bool
) -> None:
    worker = any_workers.new(until_idle=True)

    async def enqueues(payload: int) -> None:
        await worker.enqueue("not a type!")

    def makes(payload: int) -> None:
        raise InvalidTaskDataError.of("payload", "is of the handler's own making")

    worker.on("t", enqueues if is_async else makes, max_attempts=2, backoff=NOW)
    task = await play(worker, "t", 1)
    assert (task.state, task.attempt) == (TaskState.FAILED, 2)
    assert task.last_failure is not None and task.last_failure.type == "InvalidTaskDataError"


async def test_a_dead_letter_runs_again_when_it_is_replayed(any_workers: Workers) -> None:
    is_broken = True

    def fails() -> str:
        if is_broken:
            raise ValueError
        return "mended"

    worker = any_workers.new(max_attempts=1)
    worker.on("t", fails)
    await worker.start()
    dead = await reached(worker, await worker.enqueue("t"))
    assert dead.state is TaskState.FAILED
    is_broken = False
    await worker.backstage.retry_task(dead.id, reset_attempts=True)
    assert (await reached(worker, dead, TaskState.COMPLETED)).result == "mended"
