"""A pause holds for the whole fleet, is kept, is seen, and stops what was claimed ahead of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from backstage import EnqueueTask, TaskContext
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.every_store.conftest import OneStore
from tests.worker.workers import reached, until, until_some


async def pause(container: Container, kind: str) -> None:
    await (container.pause_queue("mail") if kind == "queue" else container.pause_type("send"))


async def resume(container: Container, kind: str) -> None:
    await (container.resume_queue("mail") if kind == "queue" else container.resume_type("send"))


@pytest.mark.parametrize("kind", ["queue", "type"])
async def test_what_was_claimed_ahead_of_a_pause_is_given_back_and_not_begun(store: OneStore, kind: str) -> None:
    gate, begun = asyncio.Event(), list[Any]()
    worker = store.worker(concurrency=1, prefetch=5, poll_interval=60.0)

    async def handle(payload: Any) -> None:
        begun.append(payload)
        await gate.wait()

    worker.on("send", handle)
    worker.on("other", handle)
    await worker.start()
    steering = await store.opened()
    first = await worker.enqueue("send", 0, queue="mail")
    await reached(worker, first, TaskState.RUNNING)
    ahead = [await worker.enqueue("send", number, queue="mail") for number in (1, 2)]
    other = await worker.enqueue("other", "other", queue="reports")
    for task in (*ahead, other):
        await reached(worker, task, TaskState.RUNNING)  # claimed, and waiting for the slot
    await pause(steering, kind)
    for task in ahead:
        await reached(worker, task, TaskState.PENDING)
    gate.set()
    await reached(worker, other, TaskState.COMPLETED)
    assert begun == [0, "other"]
    assert (await steering.get_task_stats()).pending == 2
    await resume(steering, kind)
    for task in ahead:
        assert (await reached(worker, task, TaskState.COMPLETED)).attempt == 1
    assert sorted(map(str, begun)) == ["0", "1", "2", "other"]


async def test_a_paused_worker_gives_back_what_it_has_not_begun(store: OneStore) -> None:
    gate = asyncio.Event()
    worker = store.worker(concurrency=1, prefetch=5)
    worker.on("send", gate.wait)
    await worker.start()
    first, second = await worker.enqueue("send"), await worker.enqueue("send")
    for task in (first, second):
        await reached(worker, task, TaskState.RUNNING)
    worker.pause()
    await reached(worker, second, TaskState.PENDING)
    gate.set()
    await reached(worker, first, TaskState.COMPLETED)
    worker.resume()
    await reached(worker, second, TaskState.COMPLETED)


@pytest.mark.parametrize("kind", ["queue", "type"])
async def test_a_pause_is_shown_in_the_statistics_and_outlives_the_process_that_made_it(
    store: OneStore, kind: str
) -> None:
    first = store.container()
    await first.start()
    await pause(first, kind)
    if store.backend() is None:
        await first.close()
    later = await store.opened()
    await later.enqueue_task(EnqueueTask("send", queue="mail"))
    worker = store.worker()
    worker.on("send", lambda: None)
    worker.on("other", lambda: None)
    await worker.start()
    await reached(worker, await worker.enqueue("other"))
    stats = await later.get_task_stats()
    assert stats.by_queue["mail"].pending == 1
    paused = {"queue": stats.paused_queues, "type": stats.paused_types}
    assert list(paused.pop(kind)) == ["mail" if kind == "queue" else "send"]
    assert not any(paused.values())
    await resume(later, kind)
    stats = await later.get_task_stats()
    assert (stats.paused_queues, stats.paused_types) == ({}, {})


async def test_resuming_wakes_every_idle_worker_at_once(store: OneStore) -> None:
    gate, ran = asyncio.Event(), list[str]()

    async def handle(context: TaskContext) -> None:
        ran.append(context.worker_id)
        await gate.wait()

    workers = [store.worker(poll_interval=3600.0, concurrency=1) for _ in range(2)]
    for worker in workers:
        worker.on("send", handle)
        await worker.start()
    steering = await store.opened()
    await steering.pause_queue("mail")
    for _ in workers:
        await steering.enqueue_task(EnqueueTask("send", queue="mail"))
    await steering.resume_queue("mail")
    await until(lambda: len(set(ran)) == 2)
    gate.set()


async def test_a_worker_that_holds_nothing_ready_does_not_ask_what_is_paused(
    store: OneStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("backstage.worker.runtime.duties.LOOK_EVERY", 0.01)
    worker = store.worker()
    monkeypatch.setattr(worker.backstage.backend.control, "paused", lambda: asked.append("paused"))
    gate = asyncio.Event()
    worker.on("send", gate.wait)
    await worker.start()
    await reached(worker, await worker.enqueue("send"), TaskState.RUNNING)
    for number in range(20):
        await worker.enqueue("none", number)
    gate.set()

    async def done() -> list[Any]:
        page = await worker.backstage.find_tasks()
        return [task for task in page.tasks if task.state is TaskState.COMPLETED]

    await until_some(done, 1)
    assert asked == []
