"""Whoever may not read payloads finds them nowhere: neither in what the API answers, nor on a page."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from functools import reduce
from pathlib import Path

import httpx
import pytest

from backstage import Container, CronTask, Role
from backstage.api import backstage_app
from backstage.domain.event_log import NewEvent
from backstage.domain.failure import Failure
from backstage.domain.followed_event import EventKind
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task
from tests.api.conftest import client

SECRET = "s3cr3t"
_PAGES = ("/", "/tasks", "/tasks/{task_id}", "/queues", "/types", "/types/a", "/failures", "/workers", "/schedules")
_MORE_PAGES = ("/system", "/audit", "/tokens", "/more", "/bulk", "/new-task?type=a", "/new-task?copy={task_id}")
_STREAMS = {"/v1/live"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Container]:
    async with Container.open(f"sqlite:///{tmp_path}/tasks.db") as container:
        yield container


async def _worked_on(container: Container) -> list[Task]:
    """Tasks that wait, run, have failed and have completed, each with the secret in all that may hold one."""
    for _ in range(4):
        await container.enqueue("a", {"card": SECRET})
    request = ClaimRequest(worker_id="w1", types=frozenset({"a"}), queues=None, limit=3, lease=300.0)
    running, dead, done = (await container.backend.queue.claim(request)).tasks
    event = NewEvent(
        task_id=done.id, fence=done.fence, attempt=1, kind=EventKind.CHUNK, data_json=f'"{SECRET}"', place=1
    )
    await container.backend.task_events.append([event])
    await container.backend.queue.settle([done.completed(f'"{SECRET}"'), dead.gave_up(Failure("E", "no", "Traceback"))])
    await container.put_schedule(CronTask("0 3 * * *", "a", args={"card": SECRET}, name="nightly"))
    return [done, dead, running]


async def _paths(http: httpx.AsyncClient, task_id: str) -> list[str]:
    values = {"{task_id}": task_id, "{name}": "nightly", "{fingerprint}": "x", "{operation_id}": "x", "{token_id}": "x"}
    document = (await http.get("/openapi.json")).json()["paths"]
    api = [path for path, methods in document.items() if "get" in methods and path not in _STREAMS]
    found = [reduce(lambda text, name: text.replace(name, values[name]), values, path) for path in api]
    asked = {"/v1/tasks/ended": "since=2020-01-01T00:00:00Z", "/v1/search": "q=type:a", "/v1/scale": "queue=default"}
    return [f"{path}?{asked[path]}" if path in asked else path for path in found]


async def test_no_answer_and_no_page_tells_a_payload(store: Container) -> None:
    tasks = await _worked_on(store)
    blind = await store.create_token("blind", Role.ADMIN)
    seeing = await store.create_token("seeing", Role.ADMIN, may_read_payloads=True)
    app, told = backstage_app(store), set()
    async with (
        client(app, Authorization=f"Bearer {blind.secret}") as http,
        client(app, Authorization=f"Bearer {seeing.secret}") as other,
    ):
        for task in tasks:
            is_running = task is tasks[-1]
            paths = [path for path in await _paths(http, task.id) if not (is_running and path.endswith("/events"))]
            paths += [page.format(task_id=task.id) for page in (*_PAGES, *_MORE_PAGES)]
            for path in paths:
                answer = await http.get(path)
                assert answer.status_code < 500, (path, answer.text)
                assert SECRET not in answer.text, path
                told |= {path} if SECRET in (await other.get(path)).text else set()
        plan = await http.post("/v1/bulk", json={"kind": "retry", "query": "type:a"})
        assert (plan.status_code, SECRET in plan.text) == (201, False)
    assert {path.partition("?")[0].replace(tasks[0].id, "ID") for path in told} >= {
        "/v1/tasks",
        "/v1/tasks/ID",
        "/v1/tasks/ended",
        "/v1/tasks/ID/events",
        "/v1/schedules",
        "/tasks/ID",
    }, "the secret is where it should be found"


async def test_a_payload_that_cannot_be_read_is_not_quoted_to_them(store: Container) -> None:
    task = await store.enqueue("a", {"card": SECRET})
    with sqlite3.connect(store.settings.url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE backstage_tasks SET payload = ?", (f'{{"card": "{SECRET}"',))
    blind = await store.create_token("blind", Role.ADMIN)
    async with client(backstage_app(store), Authorization=f"Bearer {blind.secret}") as http:
        for path in (f"/v1/tasks/{task.id}", "/v1/tasks", f"/v1/tasks/{task.id}/explain", f"/tasks/{task.id}"):
            answer = await http.get(path)
            assert (answer.status_code, SECRET in answer.text) == (200, False), (path, answer.text)
