"""Who counts as somebody at this very host."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from backstage.api import backstage_app
from backstage.api.on_this_host import is_loopback, on_this_host
from tests.api.conftest import Api, client


@pytest.mark.parametrize(
    ("address", "host", "headers", "status"),
    [
        ("127.0.0.1", "127.0.0.1:8420", {}, 200),
        ("::1", "[::1]:8420", {}, 200),
        ("127.0.0.1", "localhost:8420", {}, 200),
        ("10.0.0.7", "127.0.0.1:8420", {}, 401),
        ("127.0.0.1", "backstage.example.org", {}, 401),
        ("127.0.0.1", "127.0.0.1.evil.test", {}, 401),
        ("127.0.0.1", "localhost:8420", {"X-Forwarded-For": "10.0.0.7"}, 401),
        ("127.0.0.1", "localhost:8420", {"Forwarded": "for=10.0.0.7"}, 401),
        ("127.0.0.1", "localhost:8420", {"X-Forwarded-Proto": "https"}, 401),
        ("127.0.0.1", "localhost:8420", {"True-Client-IP": "10.0.0.7"}, 401),
        ("127.0.0.1", "localhost:8420", {"CF-Connecting-IP": "10.0.0.7"}, 401),
        ("127.0.0.1", "localhost:8420", {"X-Original-Forwarded-For": "10.0.0.7"}, 401),
        ("127.0.0.1", "localhost:8420", {"Host": "evil.test@127.0.0.1"}, 401),
        ("127.0.0.1", "localhost:8420", {"Host": "127.0.0.1#.evil.test"}, 401),
        ("127.0.0.1", "localhost:8420", {"Host": ""}, 401),
    ],
)
async def test_only_a_request_from_here_to_here_without_a_proxy_is_let_in(
    api: Api, address: str, host: str, headers: dict[str, str], status: int
) -> None:
    for token in await api.container.list_tokens():
        await api.container.revoke_token(token.id)
    app = backstage_app(api.container, authorize=on_this_host(api.container))
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers) as somebody:
        assert (await somebody.get("/v1/me")).status_code == status


async def test_a_proxy_that_speaks_the_old_http_and_tells_nothing_is_not_let_in(api: Api) -> None:
    for token in await api.container.list_tokens():
        await api.container.revoke_token(token.id)
    app = backstage_app(api.container, authorize=on_this_host(api.container))

    async def as_a_bare_proxy_asks(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "http_version": "1.0", "client": ("127.0.0.1", 1)}, receive, send)

    async with client(as_a_bare_proxy_asks, base_url="http://127.0.0.1:8420") as somebody:
        assert (await somebody.get("/v1/me")).status_code == 401


async def test_another_sites_page_changes_nothing_for_whoever_sits_here(api: Api) -> None:
    for token in await api.container.list_tokens():
        await api.container.revoke_token(token.id)
    task = await api.container.enqueue("email:send")
    app = backstage_app(api.container, authorize=on_this_host(api.container))
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8420") as browser:
        for headers in (
            {"Origin": "https://evil.test"},
            {"Origin": "https://evil.test", "Authorization": "Bearer anything"},
            {"Origin": "http://127.0.0.1:9999"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            assert (await browser.post(f"/v1/tasks/{task.id}/cancel", headers=headers)).status_code == 403
        assert (await browser.post(f"/v1/tasks/{task.id}/cancel")).status_code == 200


async def test_nobody_is_let_in_so_as_soon_as_there_is_a_token(api: Api) -> None:
    app = backstage_app(api.container, authorize=on_this_host(api.container))
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as somebody:
        assert (await somebody.get("/v1/me")).status_code == 401


def test_an_address_is_loopback_or_is_not() -> None:
    addresses = ("127.0.0.1", "127.8.0.1", "::1", "localhost", "0.0.0.0", "::", "10.0.0.7", "example.org")
    assert [is_loopback(each) for each in addresses] == [True] * 4 + [False] * 4
