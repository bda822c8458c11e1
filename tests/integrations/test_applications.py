"""What the lifespans for web frameworks have in common."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from backstage import EnqueueTask, Worker
from backstage.domain.errors import ConfigurationError, StorageUnavailableError
from backstage.domain.task import Task
from backstage.infra.container import Container
from backstage.integrations.fastapi import BackstageContainer
from backstage.integrations.running import running
from backstage.integrations.starlette import backstage_lifespan, container_of
from backstage.testing import TaskBench
from tests.worker.workers import reached


async def test_without_a_worker_the_application_only_connects(url: str) -> None:
    async with running(url) as backstage:
        await backstage.enqueue_task(EnqueueTask("mail"))
        assert (await backstage.get_task_stats()).pending == 1
        assert await backstage.list_workers() == []


async def test_a_worker_runs_while_the_application_does(url: str) -> None:
    worker = Worker(url, silent=True, poll_interval=0.02)
    worker.on("mail", lambda: "sent")
    async with running(worker=worker) as backstage:
        assert backstage is worker.backstage
        task = await backstage.enqueue_task(EnqueueTask("mail"))
        assert isinstance(task, Task)
        assert (await reached(worker, task)).result == "sent"


async def test_an_application_that_starts_again_gets_a_new_worker() -> None:
    made: list[Worker] = []

    def new_worker() -> Worker:
        made.append(Worker("memory://", silent=True))
        return made[-1]

    for _ in range(2):
        async with running(worker=new_worker):
            pass
    assert len(made) == 2


async def test_a_worker_that_cannot_start_leaves_nothing_open(tmp_path: Any) -> None:
    (tmp_path / "tasks.db").mkdir()
    with pytest.raises((StorageUnavailableError, ConfigurationError)):
        async with running(worker=lambda: Worker(f"sqlite:///{tmp_path}/tasks.db", silent=True)):
            raise AssertionError("it started")


@pytest.mark.parametrize("also", [{"url": "memory://"}, {"lease": 3}, {"container": TaskBench().backstage}])
async def test_one_store_is_enough(also: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="a url with settings, or a worker, or a container"):
        async with running(worker=Worker("memory://", silent=True), **also):
            raise AssertionError("it started")


async def enqueue(request: Request) -> JSONResponse:
    await container_of(request).enqueue_task(EnqueueTask("mail"))
    return JSONResponse({})


async def test_an_application_that_is_mounted_has_the_container_of_the_outer_one() -> None:
    """As servers do it, the state that the lifespan yields is in the scope of each request."""
    bench = TaskBench()
    inner = Starlette(routes=[Route("/mail", enqueue)])
    outer = Starlette(routes=[Mount("/inner", inner)], lifespan=backstage_lifespan(container=bench.backstage))
    async with outer.router.lifespan_context(outer) as state:

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            await outer({**scope, "state": dict(state)}, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(serve), base_url="http://shop") as client:
            assert (await client.get("/inner/mail")).status_code == 200
    bench.assert_enqueued("mail", count=1)


async def test_a_lifespan_of_the_applications_own_goes_around_it() -> None:
    seen: list[bool] = []
    ours = backstage_lifespan("memory://")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        async with ours(app) as state:
            seen.append(isinstance(state["backstage"], Container))
            yield state

    app = Starlette(routes=[Route("/mail", enqueue)], lifespan=lifespan)
    async with app.router.lifespan_context(app), client_of(app) as client:
        assert (await client.get("/mail")).status_code == 200
    assert seen == [True]


async def test_an_application_without_the_lifespan_is_told_so() -> None:
    app = Starlette(routes=[Route("/mail", enqueue)])
    async with client_of(app) as client:
        with pytest.raises(RuntimeError, match="runs without backstage_lifespan"):
            await client.get("/mail")


async def test_a_test_may_override_the_dependency_of_fastapi() -> None:
    bench, app = TaskBench(), FastAPI()

    @app.get("/mail")
    async def mail(backstage: BackstageContainer) -> None:
        await backstage.enqueue_task(EnqueueTask("mail"))

    app.dependency_overrides[container_of] = lambda: bench.backstage
    async with client_of(app) as client:
        assert (await client.get("/mail")).status_code == 200
    bench.assert_enqueued("mail", count=1)


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


FRAMEWORKS = ["starlette", "fastapi", "litestar", "django"]


@pytest.mark.parametrize(
    ("module", "needed"),
    [
        ("backstage.integrations.blocking_container", []),
        ("backstage.integrations.running", []),
        ("backstage.integrations.starlette", ["starlette"]),
        ("backstage.integrations.fastapi", ["starlette", "fastapi"]),
        ("backstage.integrations.litestar", ["litestar"]),
        ("backstage.integrations.django", ["django"]),
    ],
)
def test_an_integration_loads_its_own_framework_alone(module: str, needed: list[str]) -> None:
    program = f"import {module}, json, sys; print(json.dumps([each for each in {FRAMEWORKS!r} if each in sys.modules]))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(loaded.stdout) == needed
