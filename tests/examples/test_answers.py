"""A web process that calls by type, waits with a timeout, and streams what the handler emits to a page."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from backstage import Worker
from examples.answers import tasks
from examples.answers.app import app

DEADLINE = 30.0


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """To the application on a server of its own, with a worker on the same file."""
    url = f"sqlite:///{tmp_path}/tasks.db"
    monkeypatch.setenv("BACKSTAGE_URL", url)
    monkeypatch.chdir(tmp_path)
    worker = Worker(url, silent=True, poll_interval=0.02)
    worker.include(tasks)
    await worker.start()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=base, timeout=DEADLINE) as client:
            yield client
        server.should_exit = True
        await serving
    await worker.stop()


Event = tuple[int | None, str, Any]


async def read(client: httpx.AsyncClient, task: str, after: int | None = None, most: int = 1000) -> list[Event]:
    """At most so many events of the stream, which is then cut."""
    found: list[Event] = []
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with client.stream("GET", f"/questions/{task}/events", headers=headers) as response:
        assert response.status_code == 200
        fields: dict[str, str] = {}
        async for line in response.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            found.append((int(fields["id"]) if "id" in fields else None, fields["event"], json.loads(fields["data"])))
            fields = {}
            if len(found) == most:
                break
    return found


async def test_an_answer_comes_word_by_word_and_survives_a_cut(client: httpx.AsyncClient) -> None:
    asked = await client.post("/questions", json={"text": "why do leaves turn red in autumn"})
    assert asked.status_code == 202
    task = asked.json()["task"]
    async with asyncio.timeout(DEADLINE):
        first = await read(client, task, most=3)
        rest = await read(client, task, after=first[-1][0])
    words = [data["word"] for _, event, data in [*first, *rest] if event == "chunk"]
    assert words == ["You", "asked:", "why", "do", "leaves", "turn", "red", "in", "autumn"]
    assert rest[-1] == (None, "answer", {"text": " ".join(words), "words": 9})


async def test_the_whole_answer_can_be_waited_for(client: httpx.AsyncClient) -> None:
    answered = await client.post("/answers", json={"text": "why"})
    assert answered.json() == {"text": "You asked: why", "words": 3}


async def test_what_is_not_there_cannot_be_followed_and_a_wrong_question_not_asked(client: httpx.AsyncClient) -> None:
    unknown = await client.get("/questions/01940000-0000-7000-8000-000000000000/events")
    assert unknown.status_code == 404
    assert (await client.post("/questions", json={"word": "why"})).status_code == 422
    assert "EventSource" in (await client.get("/")).text
