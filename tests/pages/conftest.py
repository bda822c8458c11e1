from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from starlette.requests import Request

from backstage.infra.container import Container
from backstage.pages.app import pages_app

Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def store() -> AsyncIterator[Container]:
    async with Container.open("memory://") as container:
        yield container


@pytest.fixture
def new_client(store: Container) -> Client:
    """Makes a browser without a script, over the pages of the store."""

    def client(**options: object) -> httpx.AsyncClient:
        async def use_cases_for(request: Request) -> Container | None:
            return None if request.headers.get("x-out") else store

        app = pages_app(use_cases_for, **options)  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=httpx.ASGITransport(app, root_path=""), base_url="http://backstage.test")

    return client


@pytest.fixture
async def client(new_client: Client) -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client
