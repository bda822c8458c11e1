"""Each integration answers an error by its kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from litestar import Litestar, get
from litestar.params import FromPath
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from backstage.domain import errors
from backstage.domain.errors import (
    ConfigurationError,
    DuplicateTaskError,
    IllegalMoveError,
    InvalidTaskDataError,
    NotAllowedError,
    ScheduleNotFoundError,
    StaleTaskError,
    StorageError,
    StorageFullError,
    StorageRefusedError,
    StorageUnavailableError,
    StoreNotReadyError,
    SubscriptionNotFoundError,
    TaskError,
    TaskNotFoundError,
    TokenNotFoundError,
    UnknownTaskTypeError,
    WorkerNotFoundError,
)
from backstage.infra.error_answers import STATUS, answer_to
from backstage.integrations.fastapi import BackstageContainer
from backstage.integrations.fastapi import backstage_lifespan as fastapi_lifespan
from backstage.integrations.litestar import BackstageContainer as LitestarContainer
from backstage.integrations.litestar import BackstagePlugin
from backstage.integrations.starlette import backstage_errors, backstage_lifespan, container_of

UNKNOWN = "01940000-0000-7000-8000-000000000000"
ERRORS: list[tuple[TaskError, int]] = [
    (TaskNotFoundError("x"), 404),
    (ScheduleNotFoundError("x"), 404),
    (SubscriptionNotFoundError("x"), 404),
    (TokenNotFoundError("x"), 404),
    (WorkerNotFoundError("x"), 404),
    (NotAllowedError("ada", "cancel_task", "the role operator"), 403),
    (IllegalMoveError("x", "completed", "cancelled"), 409),
    (StaleTaskError("x"), 409),
    (DuplicateTaskError("x", "y"), 409),
    (InvalidTaskDataError.of("payload.to", "is missing"), 422),
    (UnknownTaskTypeError("x"), 422),
    (StorageRefusedError("postgresql://db.internal/shop: too large"), 422),
    (StorageUnavailableError("postgresql://db.internal/shop: refused"), 503),
    (StoreNotReadyError("postgresql://db.internal/shop", "no tables"), 503),
    (StorageFullError("postgresql://db.internal/shop: full"), 507),
]


def test_whatever_is_not_found_is_404() -> None:
    kinds = {name for name in vars(errors) if name.endswith("NotFoundError")}
    assert {kind.__name__ for kind, status in STATUS.items() if status == 404} == kinds


@pytest.mark.parametrize(("error", "status"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_has_a_status_and_never_names_the_store(error: TaskError, status: int) -> None:
    answer = answer_to(error)
    assert answer is not None
    assert (answer[0], "internal" in answer[1]) == (status, False)


@pytest.mark.parametrize("error", [ConfigurationError("url", "is wrong"), StorageError("?"), KeyError("x")])
def test_what_no_caller_can_mend_is_not_answered(error: Exception) -> None:
    assert answer_to(error) is None


def starlette_app() -> Starlette:
    async def show(request: Request) -> JSONResponse:
        task = await container_of(request).get_task(request.path_params["task_id"])
        return JSONResponse({"state": task.state})

    routes = [Route("/tasks/{task_id}", show)]
    return Starlette(routes=routes, lifespan=backstage_lifespan("memory://"), exception_handlers=backstage_errors)


def fastapi_app() -> FastAPI:
    app = FastAPI(lifespan=fastapi_lifespan("memory://"))

    @app.get("/tasks/{task_id}")
    async def show(task_id: str, backstage: BackstageContainer) -> str:
        return (await backstage.get_task(task_id)).state

    return app


def litestar_app() -> Litestar:
    @get("/tasks/{task_id:str}")
    async def show(task_id: FromPath[str], backstage: LitestarContainer) -> str:
        return (await backstage.get_task(task_id)).state

    return Litestar([show], plugins=[BackstagePlugin("memory://")])


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    lifespan = app.lifespan() if isinstance(app, Litestar) else app.router.lifespan_context(app)
    async with lifespan, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        yield client


@pytest.mark.parametrize("new_app", [starlette_app, fastapi_app, litestar_app])
async def test_an_unknown_task_is_not_found(new_app: Any) -> None:
    async with running(new_app()) as client:
        answer = await client.get(f"/tasks/{UNKNOWN}")
    assert (answer.status_code, UNKNOWN in answer.json()["detail"]) == (404, True)
