from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from backstage import ConfigurationError, ResourceFailedError, Worker, WorkerService, lifespan, on_start, on_stop
from backstage.testing import TaskBench
from backstage.worker.handling.resources import Resources
from tests.worker import resource_handlers
from tests.worker.resource_handlers import happened
from tests.worker.workers import Workers, finish

OPENED = ["connect", "open pool", "make folder"]
CLOSED = ["disconnect", "remove folder", "close pool"]


@pytest.fixture(autouse=True)
def nothing_happened() -> None:
    happened.clear()


def module_of(*functions: Any) -> ModuleType:
    module = ModuleType("with_resources")
    for number, each in enumerate(functions):
        setattr(module, f"function{number}", each)
    return module


def notes(folder: Path) -> list[list[str]]:
    """Of each process."""
    return [each.read_text().splitlines() for each in folder.iterdir()]


async def test_a_worker_opens_before_its_first_task_and_closes_after_its_last(workers: Workers) -> None:
    worker = workers.new(until_idle=True)
    worker.include(resource_handlers)
    await worker.enqueue("resources:use")
    await worker.enqueue("resources:use")
    await finish(worker)
    assert happened == [*OPENED, "run", "run", *CLOSED]


async def test_a_service_opens_once_for_all_its_processors() -> None:
    service = WorkerService("memory://", silent=True)
    for queue in ("one", "two"):
        service.register_processor(queue, {"noop": lambda: None}).include(resource_handlers)
    async with service:
        assert happened == OPENED
    assert happened == [*OPENED, *CLOSED]


async def test_a_bench_opens_what_its_modules_need_also_of_one_that_comes_later() -> None:
    async with TaskBench() as bench:
        bench.include(resource_handlers)
        await bench.enqueue("resources:use")
        [task] = await bench.drain()
        assert task.result is True
    assert happened == [*OPENED, "run", *CLOSED]


async def test_an_error_at_the_start_names_its_function_closes_what_was_open_and_runs_nothing() -> None:
    @on_start
    def fail() -> None:
        raise OSError("no route to host")

    worker = Worker("memory://", silent=True)
    worker.include(resource_handlers)
    worker.include(module_of(fail))
    await worker.enqueue("resources:use")
    with pytest.raises(ResourceFailedError, match=r"fail raised OSError: no route to host") as failed:
        await worker.run()
    assert isinstance(failed.value.__cause__, OSError)
    assert happened == [*OPENED, *CLOSED]


async def test_an_error_on_closing_is_told_and_the_rest_is_closed() -> None:
    @on_stop
    def fail() -> None:
        raise OSError("gone")

    @lifespan
    async def hang() -> AsyncIterator[None]:
        yield
        await asyncio.Event().wait()

    told: list[tuple[str, str]] = []
    async with TaskBench(resource_handlers, module_of(fail)) as bench:
        pass
    assert happened == [*OPENED, *CLOSED]
    assert [entry["event"] for entry in bench.log] == ["resource_unclosed"]

    resources = Resources()
    resources.add(each for each in [hang.__backstage_resource__])  # type: ignore[attr-defined]
    await resources.open()
    await resources.close(lambda name, error: told.append((name.rpartition(".")[2], str(error))), within=0.01)
    assert told == [("hang", "it was not closed within 0.01 seconds")]


async def test_a_handlers_process_opens_them_for_itself_on_the_loop_of_its_handlers(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESOURCES_NOTED_IN", str(tmp_path))
    worker = workers.new(until_idle=True, concurrency=1)
    worker.include(resource_handlers)
    tasks = [await worker.enqueue("resources:use-elsewhere") for _ in range(2)]
    await finish(worker)
    assert [(await worker.backstage.get_task(each.id)).result for each in tasks] == [True, True]
    [child] = [noted for noted in notes(tmp_path) if "run" in noted]
    assert child == [*OPENED, "run", "run", *CLOSED]


@pytest.mark.parametrize(
    ("mark", "function"), [(on_start, lambda pool: pool), (lifespan, lambda: None)], ids=["arguments", "no generator"]
)
def test_what_cannot_be_a_resource_is_refused_where_it_is_marked(mark: Any, function: Any) -> None:
    with pytest.raises(ConfigurationError, match="<lambda>"):
        mark(function)
