"""What a run tells beside its end: what it emits, and the lines that it logs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from backstage import EventKind, FollowedEvent, GiveUp, TaskContext
from backstage.domain.errors import InvalidTaskDataError, StorageUnavailableError
from backstage.domain.event_log import NewEvent
from backstage.domain.task import Task
from backstage.infra.memory.backend import MemoryBackend
from backstage.infra.memory.task_events import MemoryTaskEvents
from backstage.testing import TaskBench, new_context
from tests.worker.process_handlers import emit_in_a_process
from tests.worker.workers import DEADLINE, Workers, finish, memory, play


async def on_the_loop(payload: int, context: TaskContext) -> None:
    for number in range(payload):
        assert await context.emit({"n": number})


def in_a_thread(payload: int, context: TaskContext) -> None:
    for number in range(payload):
        assert context.emit({"n": number})


@pytest.mark.parametrize("handler", [on_the_loop, in_a_thread])
async def test_all_that_a_run_emits_is_read_before_its_end(any_workers: Workers, handler: Any) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", handler)
    task = await play(worker, "t", 700)
    assert task.last_failure is None
    events = await followed(worker.backstage, task)
    assert [event.data for event in events[:-1] if event.kind is EventKind.CHUNK] == [{"n": n} for n in range(700)]
    assert events[-1].data == {"state": "completed"}


async def test_a_handler_in_a_process_emits_and_logs(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", emit_in_a_process, run_in="process", max_attempts=1)
    task = await play(worker, "t", 3)
    events = await followed(worker.backstage, task)
    assert [event.data for event in events if event.kind is EventKind.CHUNK] == [0, 1, 2]
    [line] = await worker.backstage.get_logs(task.id)
    assert (line.level, line.event, line.fields["n"]) == ("warning", "emitted", 3)


async def test_what_is_emitted_is_read_while_the_task_runs(any_workers: Workers) -> None:
    seen = asyncio.Event()

    async def stream(payload: Any, context: TaskContext) -> None:
        await context.emit("first")
        async with asyncio.timeout(DEADLINE):
            await seen.wait()

    worker = any_workers.new(until_idle=True)
    worker.on("t", stream)
    task = await worker.enqueue("t")
    running = asyncio.create_task(finish(worker))
    async with asyncio.timeout(DEADLINE):
        async for event in worker.backstage.follow(task.id):
            if event.data == "first":
                seen.set()
    await running


async def test_a_value_that_is_no_json_or_too_large_is_refused_where_it_is_emitted() -> None:
    context = new_context()
    with pytest.raises(InvalidTaskDataError, match="data"):
        context.emit({1, 2}.__iter__())
    with pytest.raises(InvalidTaskDataError, match=r"the limit is 65,536"):
        context.emit("x" * 70_000)
    assert context.emit([1])
    assert context.signals.emitted == [[1]]


class Lossy(MemoryTaskEvents):
    """Stores each batch, and loses the first replies."""

    losses = 3

    async def append(self, events: Sequence[NewEvent]) -> frozenset[str]:
        lost = await super().append(events)
        if self.losses:
            self.losses -= 1
            raise StorageUnavailableError("the reply was lost")
        return lost


async def test_lost_replies_double_nothing_and_the_end_waits(workers: Workers) -> None:
    backend: MemoryBackend = memory()
    backend.task_events = Lossy(backend._store)
    worker = workers.over(backend, until_idle=True)
    worker.on("t", on_the_loop)
    task = await play(worker, "t", 10)
    chunks = [event.data for event in await followed(worker.backstage, task) if event.kind is EventKind.CHUNK]
    assert chunks == [{"n": n} for n in range(10)]


async def logging(payload: Any, context: TaskContext) -> None:
    context.logger.info("sending", to="ada", size=3)
    context.logger.bind(step=2).warning("slow %s", "server")
    if payload:
        raise GiveUp("broken")


async def test_lines_of_a_failed_attempt_are_kept(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", logging)
    task = await play(worker, "t", payload=True)
    lines = await worker.backstage.get_logs(task.id)
    assert [(line.level, line.event, line.fields, line.attempt) for line in lines] == [
        ("info", "sending", {"to": "ada", "size": 3}, 1),
        ("warning", "slow server", {"step": 2}, 1),
    ]
    assert all(task.started_at <= line.at <= task.finished_at for line in lines if task.started_at and task.finished_at)


async def test_lines_of_any_other_attempt_are_kept_if_the_handler_says_so(workers: Workers) -> None:
    assert await lines_of(workers, keep_logs=False) == ([], [])
    kept, told = await lines_of(workers, keep_logs=True)
    assert kept == told == ["sending", "slow server"]


async def lines_of(workers: Workers, **options: Any) -> tuple[list[str], list[str]]:
    worker = workers.new(until_idle=True)
    worker.on("t", logging, **options)
    task = await play(worker, "t")
    events = await followed(worker.backstage, task)
    told = [event.data["event"] for event in events if event.kind is EventKind.LOG]
    return [line.event for line in await worker.backstage.get_logs(task.id)], told


async def test_the_last_lines_are_kept_of_many(workers: Workers) -> None:
    async def chatter(payload: Any, context: TaskContext) -> None:
        for number in range(1000):
            context.logger.info("line", number=number, text="x" * 1000)
        raise GiveUp("enough")

    worker = workers.new(until_idle=True)
    worker.on("t", chatter)
    lines = await worker.backstage.get_logs((await play(worker, "t")).id)
    numbers = [line.fields["number"] for line in lines]
    assert numbers == list(range(1000 - len(numbers), 1000))
    assert 50 < len(numbers) <= 200


async def test_a_bench_tells_what_a_handler_emits() -> None:
    async with TaskBench() as bench:
        bench.on("loop", on_the_loop)
        bench.on("thread", in_a_thread)
        for task_type in ("loop", "thread"):
            task = await bench.backstage.enqueue(task_type, 3)
            await bench.drain()
            events = await followed(bench.backstage, task)
            assert [event.data["n"] for event in events if event.kind is EventKind.CHUNK] == [0, 1, 2]


async def followed(backstage: Any, task: Task) -> list[FollowedEvent]:
    async with asyncio.timeout(DEADLINE):
        return [event async for event in backstage.follow(task.id)]
