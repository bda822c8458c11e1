"""What the pages show and do for each role."""

from __future__ import annotations

import re

from backstage.domain.identity import Role
from backstage.infra.container import Container
from tests.pages.conftest import Client
from tests.pages.scene import build
from tests.pages.test_pages import confirmed, hidden


async def test_a_viewer_is_offered_no_action_and_may_do_none(new_client: Client, store: Container) -> None:
    made = await build(store, 7)
    async with new_client(Role.VIEWER) as client:
        for path in ("/", "/tasks", f"/tasks/{made['failed'][0].id}", "/queues", "/types", "/schedules"):
            assert "/act/" not in (await client.get(path)).text, path
        assert (await client.get("/act/pause?queue=mail")).status_code == 403
        assert (await client.get("/audit")).status_code == 403
        assert "Tokens" not in (await client.get("/")).text


async def test_whoever_may_not_read_payloads_sees_none(new_client: Client, store: Container) -> None:
    made = await build(store, 7)
    async with new_client(Role.OPERATOR, may_read_payloads=False) as client:
        for path in ("/tasks", f"/tasks/{made['completed'][0].id}", "/workers"):
            html = (await client.get(path)).text
            assert "Globex" not in html
            assert "dlv_8f31c0" not in html


async def test_what_was_done_stands_in_the_audit_as_a_sentence(new_client: Client, store: Container) -> None:
    task = await store.enqueue("email:send", {})
    async with new_client(Role.ADMIN) as client:
        await confirmed(client, f"/act/cancel?task={task.id}")
        html = (await client.get("/audit")).text
        assert re.search(r"<b>ada</b></a> cancelled <a [^>]+>" + task.id[-8:], html)
        assert "Nothing of that kind" in (await client.get("/audit?who=nobody")).text


async def test_a_token_is_made_shown_once_and_revoked(new_client: Client, store: Container) -> None:
    async with new_client(Role.ADMIN) as client:
        csrf = hidden((await client.get("/tokens")).text, "csrf")
        made = await client.post("/tokens", data={"csrf": csrf, "name": "grafana", "role": "viewer", "expires": "7d"})
        secret = re.search(r"bst_[\w-]+", made.text)
        assert secret is not None
        identity = await store.authenticate(secret[0])
        assert identity is not None
        assert (identity.name, identity.role, identity.may_read_payloads) == ("grafana", Role.VIEWER, False)
        assert secret[0] not in (await client.get("/tokens")).text
        [token] = await store.list_tokens()
        await confirmed(client, f"/act/revoke-token?token={token.id}")
        assert await store.list_tokens() == []
        assert (await client.post("/tokens", data={"csrf": csrf, "name": ""})).status_code == 422
