"""Streams end with the right to read them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from backstage import Role
from backstage.pages import while_admitted
from tests.api.conftest import Api, client


@pytest.mark.parametrize("path", ["/v1/live", "/v1/tasks/{id}/events", "/live", "/tasks/{id}/told"])
async def test_a_stream_ends_when_its_token_is_revoked(api: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(while_admitted, "ASK_AGAIN", 0.01)
    task = await api.container.enqueue("email:send")
    has_told = asyncio.Event()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            await send(message)
            if message.get("body"):
                has_told.set()

        await api.app(scope, receive, sent)

    viewer = client(watched, Authorization=f"Bearer {api.secrets[Role.VIEWER]}")
    stream = asyncio.create_task(viewer.get(path.format(id=task.id)))
    async with asyncio.timeout(10):
        await has_told.wait()
        [token] = [each for each in await api.container.list_tokens() if each.role is Role.VIEWER]
        await api.container.revoke_token(token.id)
        assert (await stream).status_code == 200
    assert (await viewer.get("/v1/me")).status_code == 401
