"""uvicorn examples.web.litestar_app:app"""

from __future__ import annotations

from typing import Any

from litestar import Litestar, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody

from backstage import TaskNotFoundError
from backstage.integrations.litestar import BackstageContainer, BackstagePlugin
from examples.web.tasks import Welcome, new_worker


@post("/welcome", status_code=202)
async def welcome(data: JSONBody[Welcome], backstage: BackstageContainer) -> dict[str, str]:
    task = await backstage.enqueue("welcome:send", data)
    return {"task": task.id}


@get("/tasks/{task_id:str}")
async def task(task_id: FromPath[str], backstage: BackstageContainer) -> dict[str, Any]:
    try:
        found = await backstage.get_task(task_id)
    except TaskNotFoundError:
        raise NotFoundException("there is no such task") from None
    return {"state": found.state, "result": found.result}


app = Litestar([welcome, task], plugins=[BackstagePlugin(worker=new_worker)])
