"""The pages for those who manage: what was done by whom, and who may come in."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from backstage.app.guarded_use_cases import GuardedUseCases
from backstage.app.permissions import PERMISSIONS
from backstage.domain.identity import Identity, Role
from backstage.infra.container import Container
from backstage.pages.audit_words import ACTIONS
from backstage.testing.fake_clock import FakeClock
from tests.pages.conftest import Client
from tests.pages.scene import HOSTILE
from tests.pages.test_pages import confirmed, hidden


def acting(store: Container, name: str) -> GuardedUseCases:
    return GuardedUseCases(store, Identity(name, Role.ADMIN))


def words(html: str) -> list[str]:
    """The sentences of the audit page."""
    rows = re.findall(r"<tr id=.*?</tr>", html, re.DOTALL)
    return [
        " ".join(re.sub(r"<[^>]+>", "", row.replace("<span", " <span")).replace("\xa0", " ").split()) for row in rows
    ]


async def test_the_audit_page_tells_in_sentences_who_did_what(
    client: httpx.AsyncClient, store: Container, clock: FakeClock
) -> None:
    ada = acting(store, "ada")
    task = await ada.enqueue("email:send", {"to": "secret@example.com"}, queue="mail")
    clock.advance(1)
    await ada.pause_queue("mail")
    clock.advance(1)
    await ada.create_token("grafana", "viewer", expires_in=86_400.0)
    clock.advance(1)
    await store.record_audit("ops", "replay_dead_letters", "mail", 853)
    html = (await client.get("/audit")).text
    told = words(html)
    assert told[0].startswith("ops retried 853 tasks that had failed in mail")
    assert told[1].startswith("ada made the token grafana role viewer, good for 1 d")
    assert told[2].startswith("ada paused the queue mail")
    assert told[3].startswith(f"ada stored the task {task.id[-8:]} type email:send, queue mail")
    assert f'href="/tasks/{task.id}"' in html
    assert "secret@example.com" not in html


async def test_what_was_done_to_many_tasks_in_one_go_is_one_sentence(
    client: httpx.AsyncClient, store: Container
) -> None:
    ada = acting(store, "ada")
    tasks = [await store.enqueue("email:send", {}) for _ in range(3)]
    for task in tasks:
        await ada.cancel_task(task.id)
    html = (await client.get("/audit")).text
    assert words(html)[0].startswith("ada cancelled 3 tasks")
    assert all(f'href="/tasks/{task.id}"' in html for task in tasks)


async def test_the_audit_page_is_narrowed_by_its_address_and_goes_back_page_by_page(
    client: httpx.AsyncClient, store: Container
) -> None:
    for number in range(60):
        await store.record_audit("ada" if number % 2 else "bob", "pause_queue", f"queue-{number}")
    first = (await client.get("/audit")).text
    older = re.search(r'href="([^"]+)" data-older', first)
    assert older is not None
    second = (await client.get(older[1].replace("&amp;", "&"))).text
    assert (len(words(first)), len(words(second))) == (50, 10)
    assert all(each.startswith("ada ") for each in words((await client.get("/audit?who=ada")).text))
    assert len(words((await client.get("/audit?who=ada")).text)) == 30
    assert len(words((await client.get("/audit?action=pause_queue&target=queue-7")).text)) == 1
    assert "No entry matches" in (await client.get("/audit?action=retry_task")).text


def test_no_sentence_is_about_an_action_that_there_is_not() -> None:
    audited = {name for name, permission in PERMISSIONS.items() if permission.is_audited}
    assert set(ACTIONS) <= audited


async def test_a_token_is_made_by_a_form_shown_once_and_revoked(client: httpx.AsyncClient, store: Container) -> None:
    csrf = hidden((await client.get("/tokens")).text, "csrf")
    form = {"csrf": csrf, "name": "ada", "role": "operator", "payloads": "yes", "days": "30"}
    made = (await client.post("/tokens", data=form)).text
    secret = re.search(r'<pre tabindex="0" id="secret">(bst_[^<]+)</pre>', made)
    assert secret is not None
    assert await store.authenticate(secret[1]) == Identity("ada", Role.OPERATOR, may_read_payloads=True)
    [token] = await store.list_tokens()
    assert token.expires_at == token.created_at + timedelta(days=30)
    assert secret[1] not in (await client.get("/tokens")).text
    answer = await confirmed(client, f"/act/revoke-token?token={token.id}")
    assert answer.headers["location"] == "/tokens"
    assert await store.authenticate(secret[1]) is None
    assert (await client.get(f"/act/revoke-token?token={token.id}")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "names"), [({"name": ""}, "name"), ({"role": "king"}, "role"), ({"days": "-1"}, "expires_in")]
)
async def test_a_form_for_a_token_names_what_is_wrong(
    wrong: dict[str, str], names: str, client: httpx.AsyncClient, store: Container
) -> None:
    csrf = hidden((await client.get("/tokens")).text, "csrf")
    form = {"csrf": csrf, "name": "ada", "role": "viewer", "days": "30", **wrong}
    answer = await client.post("/tokens", data=form)
    assert answer.status_code == 422
    assert f'id="{names}-problem"' in answer.text
    assert await store.list_tokens() == []


async def test_who_may_not_manage_sees_nothing_of_it(new_client: Client, store: Container) -> None:
    token = (await store.create_token("ada")).token
    async with new_client(Role.OPERATOR) as client:
        assert "/tokens" not in (await client.get("/tasks")).text
        for path in ("/audit", "/tokens", f"/act/revoke-token?token={token.id}"):
            assert (await client.get(path)).status_code == 403
        csrf = hidden((await client.get("/new-task")).text, "csrf")
        assert (await client.post("/tokens", data={"csrf": csrf, "name": "me"})).status_code == 403
    assert len(await store.list_tokens()) == 1


async def test_who_may_not_read_payloads_cannot_give_that_away(new_client: Client, store: Container) -> None:
    async with new_client(Role.ADMIN, may_read_payloads=False) as client:
        page = (await client.get("/tokens")).text
        assert 'name="payloads"' not in page
        form = {"csrf": hidden(page, "csrf"), "name": "me", "role": "viewer", "payloads": "yes", "days": ""}
        assert (await client.post("/tokens", data=form)).status_code == 403
    assert await store.list_tokens() == []


async def test_no_name_on_the_managing_pages_becomes_markup(client: httpx.AsyncClient, store: Container) -> None:
    mallory = acting(store, HOSTILE)
    await mallory.create_token(HOSTILE, created_by=HOSTILE)
    await store.record_audit(HOSTILE, "pause_queue", HOSTILE, details={HOSTILE: [HOSTILE]})
    await store.record_audit(HOSTILE, HOSTILE, HOSTILE)
    for path in ("/audit", "/tokens"):
        html = (await client.get(path, params={"who": HOSTILE} if path == "/audit" else None)).text
        assert "<img" not in html
        assert "alert(1)</script>" not in html
