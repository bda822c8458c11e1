"""uvicorn examples.web.starlette_app:app"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from backstage import TaskNotFoundError
from backstage.integrations.starlette import backstage_lifespan, container_of
from examples.web.tasks import new_worker


async def welcome(request: Request) -> JSONResponse:
    payload = await request.json()
    task = await container_of(request).enqueue("welcome:send", payload)
    return JSONResponse({"task": task.id}, status_code=202)


async def task(request: Request) -> JSONResponse:
    try:
        found = await container_of(request).get_task(request.path_params["task_id"])
    except TaskNotFoundError:
        return JSONResponse({"error": "there is no such task"}, status_code=404)
    return JSONResponse({"state": found.state, "result": found.result})


app = Starlette(
    routes=[Route("/welcome", welcome, methods=["POST"]), Route("/tasks/{task_id}", task)],
    lifespan=backstage_lifespan(worker=new_worker),
)
