"""uvicorn examples.web.fastapi_app:app"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException

from backstage import TaskNotFoundError
from backstage.integrations.fastapi import BackstageContainer, backstage_lifespan
from examples.web.tasks import Welcome, new_worker

app = FastAPI(lifespan=backstage_lifespan(worker=new_worker))


@app.post("/welcome", status_code=202)
async def welcome(payload: Welcome, backstage: BackstageContainer) -> dict[str, str]:
    task = await backstage.enqueue("welcome:send", payload)
    return {"task": task.id}


@app.get("/tasks/{task_id}")
async def task(task_id: str, backstage: BackstageContainer) -> dict[str, Any]:
    try:
        found = await backstage.get_task(task_id)
    except TaskNotFoundError:
        raise HTTPException(404, "there is no such task") from None
    return {"state": found.state, "result": found.result}
