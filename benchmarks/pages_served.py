"""Every endpoint and page that reads the store, as requests to the application in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import httpx

from backstage import Container, Identity, Role, TaskQuery, TaskState
from backstage.api import backstage_app

ENDPOINTS = (
    "/v1/tasks",
    "/v1/tasks?state=failed",
    "/v1/search?q=state:failed%20error:unheard",
    "/v1/tasks/{task}",
    "/v1/tasks/{task}/attempts",
    "/v1/tasks/{task}/explain",
    "/v1/tasks/{task}/logs",
    "/v1/search?q=tag:vip",
    "/v1/search/count?q=tag:vip",
    "/v1/search/complete?q=queue:",
    "/v1/bulk",
    "/v1/explain",
    "/v1/queues/queue-3/explain",
    "/v1/history",
    "/v1/rates",
    "/v1/scale?queue=queue-3",
    "/v1/failures",
    "/v1/stats",
    "/v1/queues",
    "/v1/types",
    "/v1/schedules",
    "/v1/workers",
    "/v1/subscriptions",
    "/v1/tokens",
    "/v1/audit",
)
PAGES = (
    "/",
    "/?range=24h",
    "/tasks",
    "/tasks?q=state:failed",
    "/tasks?q=state:failed%20error:unheard",
    "/tasks?q=payload.user_id:777777",
    "/tasks/{task}",
    "/failures",
    "/queues",
    "/queues?open=queue-3",
    "/types",
    "/schedules",
    "/workers",
    "/system",
    "/audit",
    "/tokens",
    "/bulk",
)


@asynccontextmanager
async def served(container: Container) -> AsyncIterator[Mapping[str, Callable[[], Awaitable[object]]]]:
    """A request for each, by its name. One that is refused raises RuntimeError."""
    app = backstage_app(container, authorize=lambda _: Identity("benchmark", Role.ADMIN))
    failed = await container.find_tasks(TaskQuery(states=frozenset({TaskState.FAILED}), limit=1))
    task_id = failed.tasks[0].id
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield {
            f"{kind}: {path}": partial(_ask, client, path.replace("{task}", task_id))
            for kind, paths in (("endpoint", ENDPOINTS), ("page", PAGES))
            for path in paths
        }


async def _ask(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:500]}")
