from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backstage import Backoff, Dedupe, Priority, Queue, RetryLater, TaskContext, Worker
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.domain.task_state import TaskState
from backstage.infra.release import release
from backstage.infra.settings.settings import Settings
from backstage.worker.hosting.from_settings import options_from
from tests.worker.workers import DEADLINE, Workers, finish, found, play, reached, until


async def order_of(workers: Workers, wanted: list[dict[str, Any]], **options: Any) -> list[Any]:
    """Enqueue everything, then serve it one at a time; return the payloads in the order they ran."""
    ran: list[Any] = []
    worker = workers.new(until_idle=True, concurrency=1, **options)

    @worker.on("t")
    async def note(payload: Any) -> None:
        ran.append(payload)

    for number, task in enumerate(wanted):
        await worker.enqueue("t", number, **task)
    await finish(worker)
    return ran


async def test_higher_priorities_run_first_and_equal_ones_in_order(any_workers: Workers) -> None:
    priorities: list[dict[str, Any]] = [
        {"priority": priority}
        for priority in (Priority.LOW, Priority.DEFAULT, Priority.URGENT, Priority.DEFAULT, Priority.LOW, 7)
    ]
    assert await order_of(any_workers, priorities) == [2, 5, 1, 3, 0, 4]


async def test_a_higher_queue_goes_before_any_priority(any_workers: Workers) -> None:
    tasks: list[dict[str, Any]] = [
        {"queue": "low", "priority": 100},
        {"queue": "high", "priority": -100},
        {"queue": "high"},
    ]
    queues = [Queue("low", priority=1), Queue("high", priority=2)]
    assert await order_of(any_workers, tasks, queues=queues) == [2, 1, 0]


@pytest.mark.parametrize("queues", [["a", "b"], ("a", Queue("b")), "a, b", {"a": 1, "b": 2}])
async def test_only_the_queues_that_are_named_are_served(workers: Workers, queues: Any) -> None:
    wanted: list[dict[str, Any]] = [{"queue": "a"}, {"queue": "other"}, {"queue": "b"}]
    assert await order_of(workers, wanted, queues=queues) == [0, 2]


async def test_every_queue_is_served_unless_some_are_named(workers: Workers) -> None:
    assert await order_of(workers, [{"queue": "a"}, {"queue": "b"}, {}]) == [0, 1, 2]


@pytest.mark.parametrize("queues", [["not a queue!"], [7], "a,not a queue!"])
async def test_a_queue_that_is_none_is_refused(workers: Workers, queues: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"queues: .* is not a name"):
        workers.new(queues=queues)


async def test_queues_of_a_wrong_type_are_refused(workers: Workers) -> None:
    with pytest.raises(ConfigurationError, match=r"^queues: 3 is not a list of names"):
        workers.new(queues=3)


async def test_only_the_types_that_match_are_served(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True, types="email:*,sms:send")
    for task_type in ("email:send", "email:open", "sms:send", "sms:open"):
        worker.on(task_type, lambda: None)
        await worker.enqueue(task_type)
    await finish(worker)
    done = await found(worker, states=frozenset({TaskState.COMPLETED}))
    assert sorted(task.type for task in done) == ["email:open", "email:send", "sms:send"]


async def test_a_task_of_an_unknown_type_stays_pending(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("known", lambda: None)
    unknown = await worker.enqueue("unknown", priority=Priority.URGENT)
    assert (await play(worker, "known")).state is TaskState.COMPLETED
    assert unknown is not None
    assert await worker.backstage.get_task(unknown.id) == unknown


async def test_a_task_enqueued_later_wakes_an_idle_worker(any_workers: Workers) -> None:
    worker = any_workers.new(poll_interval=60.0)
    worker.on("t", lambda: "woken")
    await worker.start()
    await asyncio.sleep(0.05)  # the worker has looked, and found nothing
    assert (await reached(worker, await worker.enqueue("t"))).result == "woken"


async def test_a_delayed_task_runs_when_it_is_due(any_workers: Workers) -> None:
    worker = any_workers.new(poll_interval=60.0)
    worker.on("t", lambda: "ran")
    await worker.start()
    task = await worker.schedule("t", {}, 0.15)
    ended = await reached(worker, task)
    assert ended.started_at is not None
    assert ended.started_at >= ended.scheduled_at == ended.created_at + timedelta(seconds=0.15)


async def test_a_task_scheduled_for_a_moment_waits_for_it(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", lambda: None)
    moment = datetime.now(UTC) + timedelta(days=1)
    later = await worker.enqueue("t", scheduled_at=moment)
    text = await worker.enqueue("t", scheduled_at="2126-01-01T00:00:00+02:00")
    past = await play(worker, "t", scheduled_at=datetime.now(UTC) - timedelta(days=1))
    assert later is not None and text is not None
    assert past.state is TaskState.COMPLETED
    assert (await worker.backstage.get_task(later.id)).scheduled_at == moment
    assert (await worker.backstage.get_task(text.id)).scheduled_at == datetime(2125, 12, 31, 22, tzinfo=UTC)
    assert (await worker.backstage.get_task_stats()).pending == 2


async def test_a_duplicate_is_answered_with_none(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", lambda: None)
    assert await worker.enqueue("t", dedupe=Dedupe("order-1", ttl=60)) is not None
    assert await worker.enqueue("t", dedupe=Dedupe("order-1", ttl=60)) is None
    assert await worker.enqueue("t", dedupe="order-2") is not None
    assert await worker.enqueue("t", dedupe="order-2") is None
    await finish(worker)
    assert await worker.enqueue("t", dedupe=Dedupe("order-1", ttl=60)) is None
    assert await worker.enqueue("t", dedupe="order-2") is not None
    assert (await worker.backstage.get_task_stats()).total == 3


async def test_a_refused_enqueue_leaves_no_key(any_workers: Workers) -> None:
    worker = any_workers.new()
    with pytest.raises(InvalidTaskDataError):
        await worker.enqueue("t", {"x": float("nan")}, dedupe="k")
    assert await worker.enqueue("t", dedupe="k") is not None


async def test_until_idle_waits_for_retries_and_chains(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True)

    @worker.on("t", backoff=Backoff.fixed(0.1), max_attempts=3)
    def fails(context: TaskContext) -> str:
        if context.attempt == 2 and context.fence == 2:
            raise RetryLater(0.1)
        if context.attempt < 2:
            raise ValueError
        return "third time lucky"

    assert (await play(worker, "t")).result == "third time lucky"


async def test_until_idle_does_not_wait_for_what_is_far_off_unknown_or_elsewhere(any_workers: Workers) -> None:
    worker = any_workers.new(until_idle=True, queues=["default"])
    worker.on("t", lambda: None)
    await worker.schedule("t", None, 3600)
    await worker.enqueue("unknown")
    await worker.enqueue("t", queue="elsewhere")
    await finish(worker)
    assert (await worker.backstage.get_task_stats()).pending == 3


async def test_until_idle_waits_for_the_tasks_of_other_workers(workers: Workers) -> None:
    gate = asyncio.Event()
    busy = workers.new()
    busy.on("t", gate.wait)
    await busy.start()
    await reached(busy, await busy.enqueue("t"), TaskState.RUNNING)
    waiting = workers.over(busy.backstage.backend, until_idle=True)
    waiting.on("t", lambda: None)
    await waiting.start()
    await asyncio.sleep(0.1)  # long enough to look several times
    assert waiting._running is not None and not waiting._running.done()
    gate.set()
    async with asyncio.timeout(DEADLINE):
        await waiting.wait()


async def test_a_paused_worker_claims_nothing_and_goes_on_when_resumed(any_workers: Workers) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()
    worker = any_workers.new()

    @worker.on("t")
    async def waits(payload: str) -> str:
        begun.set()
        await gate.wait()
        return payload

    await worker.start()
    running = await worker.enqueue("t", "running")
    async with asyncio.timeout(DEADLINE):
        await begun.wait()  # claimed is not begun yet, and would be given back
    worker.pause()
    waiting = await worker.enqueue("t", "waiting")
    gate.set()
    assert (await reached(worker, running)).result == "running"
    assert waiting is not None
    assert await worker.backstage.get_task(waiting.id) == waiting
    worker.resume()
    assert (await reached(worker, waiting)).result == "waiting"


@pytest.mark.parametrize("kind", ["queue", "type"])
async def test_a_paused_queue_or_type_waits_while_the_others_run(any_workers: Workers, kind: str) -> None:
    worker = any_workers.new(poll_interval=60.0)
    worker.on("a", lambda: None)
    worker.on("b", lambda: None)
    await worker.start()
    backstage = worker.backstage
    await (backstage.pause_queue("a") if kind == "queue" else backstage.pause_type("a"))
    paused = await worker.enqueue("a", queue="a")
    await reached(worker, await worker.enqueue("b", queue="b"))
    assert paused is not None
    assert await backstage.get_task(paused.id) == paused
    await (backstage.resume_queue("a") if kind == "queue" else backstage.resume_type("a"))
    assert (await reached(worker, paused)).state is TaskState.COMPLETED


async def test_a_paused_queue_does_not_keep_a_worker_from_being_idle(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.on("t", lambda: None)
    await worker.backstage.pause_queue("default")
    await worker.enqueue("t")
    await finish(worker)
    assert (await worker.backstage.get_task_stats()).pending == 1


async def test_progress_is_visible_while_the_task_runs(any_workers: Workers) -> None:
    gate = asyncio.Event()
    worker = any_workers.new()

    @worker.on("async")
    async def on_loop(context: TaskContext) -> bool:
        stored = await context.progress(0.5, "half way")
        await gate.wait()
        return stored

    @worker.on("sync")
    def in_thread(context: TaskContext) -> bool:
        stored = context.progress(7.0)
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(DEADLINE)
        return bool(stored)

    loop = asyncio.get_running_loop()
    await worker.start()
    tasks = [await worker.enqueue("async"), await worker.enqueue("sync")]
    seen = set()
    async with asyncio.timeout(DEADLINE):
        while seen != {(0.5, "half way"), (1.0, None)}:
            stored = [await worker.backstage.get_task(task.id) for task in tasks if task is not None]
            seen = {(task.progress, task.progress_note) for task in stored}
            await asyncio.sleep(0.005)
    gate.set()
    assert [(await reached(worker, task)).result for task in tasks] == [True, True]


async def test_progress_need_not_be_awaited(workers: Workers) -> None:
    async def reports(context: TaskContext) -> None:
        context.progress(0.25)
        await asyncio.sleep(0)

    assert (await workers.run(reports)).progress == 0.25


async def test_a_heartbeat_renews_the_lease_now(any_workers: Workers) -> None:
    async def beats(context: TaskContext) -> bool:
        return await context.heartbeat()

    def beats_in_thread(context: TaskContext) -> bool:
        return bool(context.heartbeat())

    assert (await any_workers.run(beats)).result is True
    assert (await any_workers.run(beats_in_thread)).result is True


async def test_a_run_that_lost_its_task_learns_it_from_its_heartbeat(workers: Workers) -> None:
    worker = workers.new(control_interval=60.0, lease=3600.0)
    answers: list[bool] = []

    @worker.on("t")
    async def beats(context: TaskContext) -> None:
        if context.fence > 1:
            return
        await worker.backstage.backend.queue.settle([context.task.released()])
        answers.append(await context.heartbeat())
        answers.append(await context.progress(0.5))

    await worker.start()
    await worker.enqueue("t")
    await until(lambda: len(answers) == 2)
    assert answers == [False, False]


async def test_a_worker_that_starts_names_what_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAGE_LEESE", "3")
    entries: list[Mapping[str, Any]] = []
    async with Worker("memory://", silent=True, log_handler=entries.append) as worker:
        await worker.start()
    assert [entry["event"] for entry in entries][:2] == ["setting_unknown", "worker_started"]
    warning = entries[0]
    assert (warning["level"], warning["setting"], warning["place"]) == ("warning", "BACKSTAGE_LEESE", "environment")
    assert warning["nearest"] == "BACKSTAGE_LEASE"


async def test_the_log_names_the_store_without_its_password_and_the_version(tmp_path: Path) -> None:
    entries: list[Mapping[str, Any]] = []
    url = f"sqlite:///{tmp_path}/tasks.db?busy_timeout=5"
    async with Worker(url, silent=True, until_idle=True, log_handler=entries.append) as worker:
        await worker.run()
    [started] = [entry for entry in entries if entry["event"] == "worker_started"]
    assert (started["store"], started["version"]) == (url, release())
    assert options_from(Settings.load(url="redis://:s3cret@host/0"), {}).store == "redis://:***@host/0"
