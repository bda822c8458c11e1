"""The API and the pages as one application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from backstage.api.access import access
from backstage.api.admission import Admission, Authorize, use_cases_of
from backstage.api.bounded_bodies import BoundedBodies
from backstage.api.bulk import bulk
from backstage.api.examining import examining
from backstage.api.explaining import explaining
from backstage.api.fleet import fleet
from backstage.api.following import following
from backstage.api.history import history
from backstage.api.known_queries import refuse_unknown_queries
from backstage.api.live import LiveSnapshots, live
from backstage.api.pages_beside import PagesBeside
from backstage.api.problems import PROBLEM_ANSWER, Problem, add_problems
from backstage.api.queues import queues
from backstage.api.schedules import schedules
from backstage.api.searching import searching
from backstage.api.task_ids import task_ids
from backstage.api.tasks import tasks
from backstage.api.type_definitions import type_definitions
from backstage.api.values import JSON_SCHEMA
from backstage.api.workers import workers
from backstage.app.use_cases import UseCases
from backstage.infra.release import release
from backstage.pages.app import pages_app

Metrics = Callable[[Request], Awaitable[Response]]
_OF_TASKS = (tasks, task_ids, following, searching, bulk)
_ROUTERS = (
    *_OF_TASKS,
    explaining,
    examining,
    history,
    queues,
    type_definitions,
    schedules,
    workers,
    fleet,
    live,
    access,
)


def backstage_app(
    container: UseCases | None = None,
    *,
    authorize: Authorize | None = None,
    environment: str | None = None,
    metrics: Metrics | None = None,
) -> FastAPI:
    """Return an ASGI application with the API under `/v1` and the pages beside it: `app.mount("/tasks", …)`.

    `container` is open while the application serves; None: that of the application which it is mounted in, which runs
    with `backstage_lifespan`. `authorize` is the application's own login. Whoever it does not know needs a token, for
    everything but `/health` and `/openapi.json`. `environment` is a name that the pages show, such as "production".
    `metrics` answers `/metrics`, to whoever may look.
    """
    app = FastAPI(
        title="Backstage",
        version=release(),
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        responses=PROBLEM_ANSWER,
        dependencies=[Depends(refuse_unknown_queries)],
        generate_unique_id_function=lambda route: route.name,
    )
    admission = app.state.admission = Admission(container, authorize)
    app.state.live = LiveSnapshots()
    for router in _ROUTERS:
        app.include_router(router)
    app.add_api_route("/health", _health, include_in_schema=False)
    if metrics is not None:
        app.add_api_route("/metrics", metrics, include_in_schema=False, dependencies=[Depends(use_cases_of)])
    pages = pages_app(admission.find, check_token=admission.problem_with, environment=environment)
    app.add_middleware(PagesBeside, pages=pages)
    app.add_middleware(BoundedBodies)
    add_problems(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


async def _health(request: Request) -> Response:
    """Whether the store answers; it tells nothing else, for anybody may ask."""
    await request.app.state.admission.container_of(request).list_pauses()
    return JSONResponse({"healthy": True}, headers={"Cache-Control": "no-store"})


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The document, with the parts that every route refers to."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        _, problems = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
        schemas |= problems["$defs"] | {"Json": JSON_SCHEMA}
        app.openapi_schema = document
    return app.openapi_schema
