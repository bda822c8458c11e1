from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from backstage import Container, Role
from backstage.api import backstage_app
from backstage.domain.ports.task_queue import ClaimRequest
from backstage.domain.task import Task


@dataclass
class Api:
    """The application over a memory store, and one client for each role."""

    container: Container
    app: FastAPI
    anonymous: httpx.AsyncClient
    viewer: httpx.AsyncClient
    operator: httpx.AsyncClient
    admin: httpx.AsyncClient
    """This one may read payloads."""
    secrets: dict[Role, str]

    async def running(self, type: str = "email:send", payload: Any = None, **options: Any) -> Task:
        """A task that a worker has claimed."""
        await self.container.enqueue(type, payload, **options)
        request = ClaimRequest(worker_id="w1", types=frozenset({type}), queues=None, limit=1, lease=30.0)
        [task] = (await self.container.backend.queue.claim(request)).tasks
        return task


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with Container.open("memory://") as container:
        app = backstage_app(container)
        secrets = {
            role: (await container.create_token(f"the {role}", role, may_read_payloads=role is Role.ADMIN)).secret
            for role in Role
        }
        clients = {role: client(app, Authorization=f"Bearer {secret}") for role, secret in secrets.items()}
        anonymous = client(app)
        yield Api(container, app, anonymous, *(clients[role] for role in Role), secrets)
        for each in (anonymous, *clients.values()):
            await each.aclose()


def client(app: Any, base_url: str = "http://backstage.test", **headers: str) -> httpx.AsyncClient:
    """Speaks to an application in this process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url, headers=headers)
