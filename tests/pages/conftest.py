from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from backstage.app.guarded_use_cases import GuardedUseCases
from backstage.domain.identity import Identity, Role
from backstage.infra.container import Container
from backstage.infra.settings.lazy_settings import load_settings
from backstage.pages.app import pages_app
from backstage.testing.fake_clock import FakeClock

Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def store(clock: FakeClock) -> AsyncIterator[Container]:
    """Where no time passes, however long a test takes."""
    container = Container(load_settings(url="memory://"), clock=clock)
    await container.start()
    yield container
    await container.close()


@pytest.fixture
def new_client(store: Container) -> Client:
    """Makes a browser without a script, over the pages of the store."""

    def client(role: Role | None = None, may_read_payloads: bool = True, **options: object) -> httpx.AsyncClient:
        async def use_cases_for(request: Request) -> Any:
            if request.headers.get("x-out"):
                return None
            return store if role is None else GuardedUseCases(store, Identity("ada", role, may_read_payloads))

        app = pages_app(use_cases_for, **options)  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=httpx.ASGITransport(app, root_path=""), base_url="http://backstage.test")

    return client


@pytest.fixture
async def client(new_client: Client) -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client
