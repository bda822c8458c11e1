"""The table of types, and the page of one type."""

from __future__ import annotations

import re

import httpx

from backstage.domain.cron_task import CronTask
from backstage.domain.identity import Role
from backstage.domain.worker_info import WorkerInfo
from backstage.infra.container import Container
from tests.pages.conftest import Client
from tests.pages.scene import build
from tests.pages.test_pages import confirmed


def row_of(html: str, name: str) -> str:
    """The words of one type's row."""
    [row] = [each for each in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if f'href="/types/{name}"' in each]
    return " ".join(re.sub(r"<[^>]+>", " ", row).replace("\xa0", " ").split())


async def beat(store: Container, *types: str) -> None:
    now = store.clock.now()
    await store.backend.registry.beat(
        WorkerInfo(
            id="w1", host="h", pid=1, started_at=now, seen_at=now, concurrency=4, queues=(), types=types, lease=60.0
        )
    )


async def test_each_type_says_how_it_goes_and_who_serves_it(client: httpx.AsyncClient, store: Container) -> None:
    await build(store, 21)
    html = (await client.get("/types")).text
    assert "2 workers" in row_of(html, "invoice:render")
    assert " % " in row_of(html, "invoice:render")
    assert "No worker knows it" in row_of(html, "import:account")
    assert "in " in row_of(html, "import:account").split("No worker knows it")[1]
    assert html.index('href="/types/import:account"') < html.index('href="/types/invoice:render"')


async def test_all_versions_of_a_type_are_one_row(client: httpx.AsyncClient, store: Container) -> None:
    await store.enqueue("invoice:send", {})
    await beat(store, "invoice:send", "invoice:send@3")
    html = (await client.get("/types")).text
    assert "1 worker, version 1, 3" in row_of(html, "invoice:send")
    assert "@3" not in html


async def test_a_type_has_a_page_with_its_failures_tasks_workers_and_schedules(
    client: httpx.AsyncClient, store: Container
) -> None:
    made = await build(store, 21)
    await store.put_schedule(CronTask("0 4 * * *", "invoice:render", name="nightly-invoices"))
    html = (await client.get("/types/invoice:render")).text
    for told in (
        "TemplateNotFound",
        "worker-a-2114",
        "nightly-invoices",
        "invoice/total_v2.html",
        "How long it waited",
        "How long it ran",
        "Up to 500\N{NO-BREAK SPACE}ms",
    ):
        assert told in html
    shown = set(re.findall(r'data-id="([^"]+)"', html))
    of_type = {task.id for tasks in made.values() for task in tasks if task.type == "invoice:render"}
    assert shown
    assert shown <= of_type


async def test_a_type_that_nobody_knows_is_told_with_404(client: httpx.AsyncClient) -> None:
    answer = await client.get("/types/no:such")
    assert answer.status_code == 404
    assert "No type no:such" in answer.text


async def test_a_type_is_paused_and_resumed_on_its_page(new_client: Client, store: Container) -> None:
    await store.enqueue("email:send", {})
    async with new_client(Role.OPERATOR) as client:
        answer = await confirmed(client, "/act/pause?type=email:send&back=/types/email:send")
        assert answer.headers["location"] == "/types/email:send"
        assert "Paused <time" in (await client.get("/types/email:send")).text
        await confirmed(client, "/act/resume?type=email:send")
    assert (await store.get_task_stats()).paused_types == {}
    async with new_client(Role.VIEWER) as client:
        assert "/act/" not in (await client.get("/types/email:send")).text
