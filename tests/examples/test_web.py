"""The three web examples do the same: they take a request, and the worker in the application does the work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

DEADLINE = 30.0
UNKNOWN = "01940000-0000-7000-8000-000000000000"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    urls = {"memory": "memory://", "sqlite": f"sqlite:///{tmp_path}/tasks.db"}
    monkeypatch.setenv("BACKSTAGE_URL", urls[request.param])
    monkeypatch.setenv("BACKSTAGE_SILENT", "true")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=["starlette", "fastapi", "litestar"])
def app(request: pytest.FixtureRequest, store: None) -> Any:
    return import_module(f"examples.web.{request.param}_app").app


@asynccontextmanager
async def started(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The application as a server runs it; httpx leaves its lifespan to the caller."""
    lifespan = app.router.lifespan_context(app) if hasattr(app, "router") else app.lifespan()
    transport = httpx.ASGITransport(app)
    async with lifespan, httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


async def ended(client: httpx.AsyncClient, task_id: str) -> Any:
    async with asyncio.timeout(DEADLINE):
        while True:
            found = (await client.get(f"/tasks/{task_id}")).json()
            if found["state"] not in ("pending", "running"):
                return found
            await asyncio.sleep(0.01)


async def test_a_request_is_answered_before_its_work_is_done_and_then_it_is_done(app: Any) -> None:
    async with started(app) as client:
        accepted = await client.post("/welcome", json={"name": "Ada"})
        assert accepted.status_code == 202
        assert await ended(client, accepted.json()["task"]) == {"state": "completed", "result": "Welcome, Ada!"}


async def test_a_task_that_is_not_there_is_not_found(app: Any) -> None:
    async with started(app) as client:
        assert (await client.get(f"/tasks/{UNKNOWN}")).status_code == 404
