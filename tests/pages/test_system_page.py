"""The page that examines the store and shows the settings."""

from __future__ import annotations

import re

import httpx
import pytest

from backstage.domain.errors import StorageUnavailableError
from backstage.domain.finding import Finding, Severity
from backstage.domain.identity import Role
from backstage.domain.retention import Retention
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from backstage.infra.settings.settings import Settings
from backstage.pages.keeping_words import kept
from tests.pages.conftest import Client
from tests.pages.scene import HOSTILE, build
from tests.pages.test_pages import hidden


async def test_what_the_doctor_finds_opens_the_page_the_worst_first(
    client: httpx.AsyncClient, store: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def diagnose() -> list[Finding]:
        return [
            Finding("size", Severity.OK, "4,096 bytes"),
            Finding("lanes", Severity.WARNING, "many", "use few"),
            Finding("integrity", Severity.ERROR, HOSTILE, "restore a backup"),
        ]

    monkeypatch.setattr(store, "diagnose", diagnose)
    html = (await client.get("/system?examine=yes")).text
    assert html.index("Integrity") < html.index("Restore a backup.") < html.index("Lanes") < html.index("4,096 bytes")
    assert "<img" not in html
    part = (await client.get("/system?examine=yes", headers={"hx-request": "true"})).text
    assert part.startswith("<section")
    assert "Integrity" in part


async def test_the_page_stands_before_the_store_is_examined(
    client: httpx.AsyncClient, store: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def diagnose() -> list[Finding]:
        asked.append(True)
        raise StorageUnavailableError("postgresql://secret@db: no route")

    monkeypatch.setattr(store, "diagnose", diagnose)
    html = (await client.get("/system")).text
    assert not asked
    assert 'href="/system?examine=yes"' in html
    told = (await client.get("/system?examine=yes")).text
    assert "It did not answer while it was examined" in told
    assert "secret" not in told


async def test_settings_are_shown_with_their_source_and_without_secrets(
    client: httpx.AsyncClient, store: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKSTAGE_LEASE", "45")
    monkeypatch.setenv("BACKSTAGE_LEESE", "45")
    monkeypatch.setenv("BACKSTAGE_ALERT_WEBHOOK", "https://hooks.example/topsecret")
    store.settings = Settings.load(url="postgresql://ada:topsecret@db/shop")
    html = (await client.get("/system")).text
    assert re.search(r">lease<.*>45<.*>environment BACKSTAGE_LEASE<", html, re.DOTALL)
    assert "did you mean BACKSTAGE_LEASE?" in html
    assert "postgresql://ada:***@db/shop" in html
    assert "topsecret" not in html


async def test_what_need_not_be_kept_is_deleted_after_a_question(client: httpx.AsyncClient, store: Container) -> None:
    made = await build(store, 14)
    store.settings = Settings.load(url="memory://", keep_completed=0, keep_failed="none", keep_cancelled="none")
    question = (await client.get("/act/prune")).text
    assert "completed for 7 d, the newest 0 tasks of each queue at most" in question.replace("\xa0", " ")
    form = {"csrf": hidden(question, "csrf"), "typed": "delete"}
    assert (await client.post("/act/prune", data={**form, "typed": ""})).status_code == 422
    assert (await client.post("/act/prune", data=form)).headers["location"] == "/system"
    assert (await store.get_task_stats()).pruned == len(made["completed"])
    assert "Deleted 2 tasks" in (await client.get("/system")).text.replace("\xa0", " ")


async def test_an_operator_sees_the_findings_and_no_setting(new_client: Client, store: Container) -> None:
    await build(store, 7)
    async with new_client(Role.OPERATOR) as client:
        html = (await client.get("/system?examine=yes")).text
        assert "no worker that is alive serves" in html.lower()
        assert "poll_interval" not in html
        assert (await client.get("/act/prune")).status_code == 403
    async with new_client(Role.VIEWER) as client:
        assert (await client.get("/system")).status_code == 403
        assert "/system" not in (await client.get("/tasks")).text


def test_each_state_says_how_long_its_tasks_are_kept() -> None:
    rules = [
        Retention(state=TaskState.COMPLETED, max_age=86_400.0, keep_last=10),
        Retention(state=TaskState.FAILED, keep_last=5, queue="mail"),
    ]
    told = {str(state): [text.replace("\xa0", " ") for text in texts] for state, texts in kept(rules)}
    assert told == {
        "completed": ["for 1 d, the newest 10 tasks of each queue at most"],
        "failed": ["for ever", "in mail the newest 5 tasks at most"],
        "cancelled": ["for ever"],
    }
