"""A page that asks and sees the answer come word by word: `uvicorn examples.answers.app:app`, with a worker beside."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import FileResponse, StreamingResponse

from backstage import Container, EventKind, TaskFailedError
from backstage.integrations.fastapi import BackstageContainer, backstage_lifespan
from examples.answers.tasks import ANSWER, Answer, Question

app = FastAPI(lifespan=backstage_lifespan())


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).with_name("page.html"))


@app.post("/answers")
async def wait_for_the_answer(question: Question, backstage: BackstageContainer) -> Answer:
    """For callers that want it whole."""
    try:
        return await backstage.call(ANSWER, question, timeout=10)
    except TimeoutError as error:
        raise HTTPException(504, str(error)) from None


@app.post("/questions", status_code=202)
async def ask(question: Question, backstage: BackstageContainer) -> dict[str, str]:
    task = await backstage.enqueue(ANSWER, question)
    return {"task": task.id}


@app.get("/questions/{task_id}/events")
async def events(
    task_id: str, backstage: BackstageContainer, last_event_id: Annotated[int, Header()] = 0
) -> StreamingResponse:
    """The browser sends the number of the last event that it has seen when it connects again."""
    await backstage.get_task(task_id)  # 404 if there is none
    return StreamingResponse(told(backstage, task_id, last_event_id), media_type="text/event-stream")


async def told(backstage: Container, task_id: str, after: int) -> AsyncIterator[str]:
    async for event in backstage.follow(task_id, after=after):
        if event.kind in (EventKind.CHUNK, EventKind.RESTARTED, EventKind.DROPPED):
            yield sse(event.kind, event.data, event.number)
    try:
        answer = await backstage.result(task_id)
    except TaskFailedError as error:
        yield sse("failed", error.failure.message)
    else:
        yield sse("answer", answer)


def sse(event: str, data: object, number: int | None = None) -> str:
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {event}\ndata: {json.dumps(data)}\n\n"
