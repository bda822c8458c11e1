from __future__ import annotations

import asyncio
import functools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backstage import Broadcast, Container, EnqueueTask, TaskContext
from backstage.domain.dedupe import Dedupe
from backstage.domain.errors import ConfigurationError, InvalidTaskDataError
from backstage.domain.task import Task
from backstage.domain.task_state import TaskState
from tests.worker.workers import Workers, found, play, reached


async def on_the_loop(payload: Any, context: TaskContext) -> list[Any]:
    first = await context.enqueue("next", {"n": payload}, queue="other", dedupe=Dedupe("once", ttl=60))
    second = await context.enqueue("next", dedupe=Dedupe("once", ttl=60), queue="other")
    stored = await context.backstage.get_task(first.id)
    return [stored.payload, second]


def in_a_thread(payload: Any, context: TaskContext) -> list[Any]:
    first = context.enqueue("next", {"n": payload}, queue="other", dedupe=Dedupe("once", ttl=60))
    second = context.enqueue("next", dedupe=Dedupe("once", ttl=60), queue="other")
    stored = context.backstage.get_task(first.id)
    assert context.backstage.run(lambda backstage: backstage.get_task(first.id)) == stored
    return [stored.payload, second]


def plainly_decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@pytest.mark.parametrize("handler", [on_the_loop, in_a_thread, plainly_decorated(on_the_loop)])
async def test_a_handler_reaches_the_store_of_its_worker(any_workers: Workers, handler: Any) -> None:
    worker = any_workers.new(until_idle=True)
    worker.on("t", handler)
    parent = await play(worker, "t", 7, correlation_id="c-1")
    assert parent.result == [{"n": 7}, None], parent.last_failure
    [child] = await found(worker, type="next")
    assert_follows(child, parent)


def assert_follows(child: Task, parent: Task) -> None:
    assert (child.correlation_id, child.workflow_id, child.origin_id, child.queue, child.payload) == (
        parent.correlation_id,
        parent.workflow_id,
        parent.id,
        "other",
        {"n": 7},
    )


async def test_a_plain_decorator_over_an_async_handler_may_report_progress(any_workers: Workers) -> None:
    async def reports(context: TaskContext) -> bool:
        return await context.progress(0.5) and await context.heartbeat()

    assert (await any_workers.run(plainly_decorated(reports))).result is True


async def test_what_a_handler_enqueues_badly_is_refused_to_the_handler(workers: Workers) -> None:
    async def enqueues(context: TaskContext) -> str:
        try:
            await context.enqueue("next", {1})
        except InvalidTaskDataError as error:
            return str(error)
        return ""

    assert "of type set" in (await workers.run(enqueues)).result


PROGRAM = """
from backstage import Container, EnqueueTask, handler

@handler("process", run_in="process")
def process(payload, context):
    child = context.enqueue("next", {"n": payload}, queue="other")
    return context.backstage.get_task(child.id).payload

@handler("process:async", run_in="process")
async def process_async(payload, context):
    child = await context.enqueue("next", {"n": payload}, queue="other")
    return child.payload

@handler("bare")
async def bare(payload):
    async with Container.open(silent=True) as backstage:
        await backstage.enqueue_task(EnqueueTask("from:bare", payload))
"""


@pytest.mark.usefixtures("own_directory")
async def test_the_command_s_store_is_that_of_processes_and_of_a_bare_open(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/given.db"
    (tmp_path / "jobs.py").write_text(PROGRAM)
    async with Container.open(url, silent=True) as backstage:
        requests = [EnqueueTask(each, 7) for each in ("process", "process:async", "bare")]
        parents = [each for each in await backstage.enqueue_tasks(requests) if isinstance(each, Task)]
    command = [
        sys.executable,
        "-m",
        "backstage.worker.command.command",
        "--url",
        url,
        "--handlers",
        "jobs",
        "--until-idle",
    ]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "BACKSTAGE_URL": f"sqlite:///{tmp_path}/around.db"}
    await asyncio.to_thread(
        subprocess.run, command, check=True, env=environment, cwd=tmp_path, timeout=60, capture_output=True
    )
    async with Container.open(url, silent=True) as backstage:
        ended = [await backstage.get_task(each.id) for each in parents]
        assert [each.result for each in ended] == [{"n": 7}, {"n": 7}, None], [each.last_failure for each in ended]
        tasks = (await backstage.find_tasks()).tasks
    for parent in ended[:2]:
        [child] = [each for each in tasks if each.origin_id == parent.id]
        assert_follows(child, parent)
    assert [each.payload for each in tasks if each.type == "from:bare"] == [7]
    assert not (tmp_path / "around.db").exists()


async def test_a_worker_shows_its_whole_id_once_it_has_started(any_workers: Workers) -> None:
    worker = any_workers.new(worker_id="w1")
    assert (worker.name, worker.worker_id) == ("w1", "w1")
    worker.on("t", lambda context: context.worker_id)
    await worker.start()
    assert (worker.name, worker.worker_id[:3]) == ("w1", "w1.")
    task = await worker.enqueue("t")
    assert task is not None
    ended = await reached(worker, task, TaskState.COMPLETED)
    assert ended.result == worker.worker_id


async def test_a_worker_enqueues_with_an_id(workers: Workers) -> None:
    worker = workers.new()
    task_id = "01a2278a-2789-753c-93f3-8f097f7cc487"
    first, second = await worker.enqueue("t", id=task_id), await worker.enqueue("t", id=task_id)
    assert first is not None
    assert first.id == task_id
    assert [each.id for each in await found(worker, type="t")] == [task_id]
    assert second is not None


def test_a_broadcast_has_no_worker_id() -> None:
    with pytest.raises(ConfigurationError, match="worker_id"):
        Broadcast("memory://", worker_id="w1")
