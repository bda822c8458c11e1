"""Who is let in, as whom, and who is not."""

from __future__ import annotations

from functools import reduce
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from backstage import Container, Identity, Role
from backstage.api import backstage_app
from backstage.api.failed_logins import MOST_IN_A_MINUTE
from backstage.integrations.starlette import backstage_lifespan
from tests.api.conftest import Api, client
from tests.pages.test_pages import hidden

PROBLEM = "application/problem+json"


def operations(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of everything that the document lists, with values in the path."""
    values = {
        "{task_id}": "01890000-0000-7000-8000-000000000000",
        "{name}": "a",
        "{token_id}": "a",
        "{fingerprint}": "a",
        "{operation_id}": "a",
    }
    found = []
    for path, methods in app.openapi()["paths"].items():
        given = reduce(lambda text, name: text.replace(name, values[name]), values, path)
        found += [(method.upper(), given) for method in methods]
    return found


async def test_nothing_is_answered_without_a_token(api: Api) -> None:
    for method, path in operations(api.app):
        answer = await api.anonymous.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM), (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_whoever_may_only_look_changes_nothing(api: Api) -> None:
    bodies: dict[str, Any] = {
        "/v1/tasks": {"type": "email:send"},
        "/v1/tasks/batch": {"tasks": [{"type": "email:send"}]},
        "/v1/schedules/a": {"schedule": "0 3 * * *", "task_name": "email:send"},
        "/v1/broadcasts": {"name": "a"},
        "/v1/tokens": {"name": "a"},
        "/v1/bulk": {"kind": "cancel", "query": "type:*"},
        "/v1/failures/a/note": {"note": "a"},
        "/v1/tasks/01890000-0000-7000-8000-000000000000": {"priority": 1},
    }
    for method, path in operations(api.app):
        if method != "GET":
            answer = await api.viewer.request(method, path, json=bodies.get(path, {}))
            assert answer.status_code == 403, (method, path, answer.text)
            assert answer.json()["type"] == "urn:backstage:not-allowed"


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/tokens"])
async def test_only_an_admin_sees_the_audit_log_and_the_tokens(api: Api, path: str) -> None:
    answers = [await each.get(path) for each in (api.viewer, api.operator, api.admin)]
    assert [answer.status_code for answer in answers] == [403, 403, 200]


async def test_health_and_the_document_are_for_everybody(api: Api) -> None:
    assert (await api.anonymous.get("/health")).json() == {"healthy": True}
    assert (await api.anonymous.get("/openapi.json")).json()["info"]["title"] == "Backstage"


async def test_a_token_is_made_used_and_revoked(api: Api) -> None:
    made = (await api.admin.post("/v1/tokens", json={"name": "ci", "role": "operator"})).json()
    ci = client(api.app, Authorization=f"Bearer {made['secret']}")
    me = {"name": "ci", "role": "operator", "may_read_payloads": False}
    assert (await ci.get("/v1/me")).json() == me
    listed = (await api.admin.get("/v1/tokens")).json()["tokens"][-1]
    assert (listed["name"], listed["created_by"], made["secret"] in str(listed)) == ("ci", "the admin", False)
    assert (await api.admin.delete(f"/v1/tokens/{made['token']['id']}")).status_code == 204
    assert (await ci.get("/v1/me")).status_code == 401
    assert (await api.admin.delete(f"/v1/tokens/{made['token']['id']}")).status_code == 404


async def test_payloads_and_results_are_hidden_from_who_may_not_read_them(api: Api) -> None:
    task = await api.running(payload={"card": "s3cr3t"})
    await api.container.backend.queue.settle([task.completed('"s3cr3t"')])
    for path in (f"/v1/tasks/{task.id}", "/v1/tasks"):
        assert "s3cr3t" in (await api.admin.get(path)).text
        assert "s3cr3t" not in (await api.operator.get(path)).text


async def test_a_cookie_does_for_a_token_but_not_for_another_sites_page(api: Api) -> None:
    browser = client(api.app, Cookie=f"backstage_token={api.secrets[Role.OPERATOR]}")
    body = {"type": "email:send"}
    own = {"Origin": "http://backstage.test", "Sec-Fetch-Site": "same-origin"}
    assert (await browser.post("/v1/tasks", json=body, headers=own)).status_code == 201
    for foreign in (
        {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://sub.backstage.test", "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
    ):
        assert (await browser.post("/v1/tasks", json=body, headers=foreign)).status_code == 403
    assert (await api.container.get_task_stats()).pending == 1


async def test_too_many_wrong_tokens_are_told_to_wait_and_a_good_one_is_not(api: Api) -> None:
    wrong = {"Authorization": "Bearer bst_wrong"}
    for _ in range(MOST_IN_A_MINUTE):
        assert (await api.anonymous.get("/v1/me", headers=wrong)).status_code == 401
    refused = await api.anonymous.get("/v1/me", headers=wrong)
    assert (refused.status_code, int(refused.headers["retry-after"]) <= 60) == (429, True)
    assert (await api.viewer.get("/v1/me")).status_code == 200


async def test_the_applications_own_login_says_who_asks() -> None:
    async def authorize(request: Request) -> Identity | None:
        name = request.headers.get("x-user")
        return None if name is None else Identity(name, Role.OPERATOR)

    async with Container.open("memory://") as container:
        ada = client(backstage_app(container, authorize=authorize), **{"X-User": "ada"})
        assert (await ada.get("/v1/me")).json()["name"] == "ada"
        task = (await ada.post("/v1/tasks", json={"type": "email:send"})).json()
        [entry] = (await container.list_audit()).entries
        assert (entry.who, entry.action, entry.target) == ("ada", "enqueue_task", task["id"])
        foreign = {"Origin": "https://evil.test"}
        assert (await ada.post("/v1/tasks", json={"type": "email:send"}, headers=foreign)).status_code == 403
        assert (await client(backstage_app(container, authorize=authorize)).get("/v1/me")).status_code == 401


async def test_it_is_mounted_under_a_prefix_with_the_applications_container() -> None:
    host = Starlette(
        routes=[Mount("/deep/tasks", backstage_app(authorize=lambda request: Identity("ada", Role.ADMIN)))],
        lifespan=backstage_lifespan("memory://"),
    )
    async with host.router.lifespan_context(host) as state:
        transport = httpx.ASGITransport(_with_state(host, dict(state or {})))
        async with httpx.AsyncClient(transport=transport, base_url="http://host.test/deep/tasks/") as ada:
            assert (await ada.post("v1/tasks", json={"type": "email:send"})).status_code == 201
            assert (await ada.get("v1/stats")).json()["pending"] == 1
            servers = (await ada.get("openapi.json")).json().get("servers")
            assert servers == [{"url": "/deep/tasks"}]


async def test_a_wrong_token_is_refused_where_the_container_is_the_applications() -> None:
    host = Starlette(routes=[Mount("/tasks", backstage_app())], lifespan=backstage_lifespan("memory://"))
    async with host.router.lifespan_context(host) as state:
        transport = httpx.ASGITransport(_with_state(host, dict(state or {})))
        async with httpx.AsyncClient(transport=transport, base_url="http://host.test") as somebody:
            page = (await somebody.get("/tasks/sign-in")).text
            form = {"csrf": hidden(page, "csrf"), "token": "bst_wrong"}
            answer = await somebody.post("/tasks/sign-in", data=form)
            assert (answer.status_code, "unknown, revoked or expired" in answer.text) == (401, True)


def test_a_container_that_was_not_opened_is_refused_at_once() -> None:
    never_opened: Any = Container.open("memory://")
    with pytest.raises(TypeError, match="takes a Container that was opened"):
        backstage_app(never_opened)


def _with_state(app: Any, state: dict[str, Any]) -> Any:
    """As a server gives each request what the lifespan has yielded."""

    async def with_state(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    return with_state


async def test_neither_the_fields_nor_the_values_of_payloads_are_told_to_who_may_not_read_them(api: Api) -> None:
    await api.container.enqueue("email:send", {"iban": "s3cr3t"})
    plan = (await api.admin.post("/v1/bulk", json={"kind": "cancel", "query": "payload.iban:s3cr3t"})).json()
    await api.admin.post(f"/v1/bulk/{plan['digest']}/apply")
    other = await api.container.create_token("other", Role.ADMIN)
    other_admin = client(api.app, Authorization=f"Bearer {other.secret}")
    for path in ("/v1/search/complete?q=", "/v1/search/complete?q=payload.", "/complete?text=payload.&position=8"):
        assert "iban" not in (await other_admin.get(path)).text
    for path in ("/v1/bulk", f"/v1/bulk/{plan['digest']}", "/v1/audit", "/bulk", "/audit"):
        answer = await other_admin.get(path)
        assert (answer.status_code, "s3cr3t" in answer.text) == (200, False), path
    assert (await other_admin.get("/v1/bulk")).json()["operations"][0]["query"].startswith("payload.iban:[hidden]")
    assert "payload.iban" in (await api.admin.get("/v1/search/complete?q=payload.")).text
