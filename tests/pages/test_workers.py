"""The page of the workers: how they are, and what they are told."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from backstage.domain.identity import Role
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerOrder, WorkerStacks
from backstage.infra.container import Container
from tests.pages.conftest import Client
from tests.pages.test_pages import confirmed, hidden


async def beat(store: Container, worker_id: str, **fields: Any) -> WorkerInfo:
    now = store.clock.now()
    told: dict[str, Any] = {
        "host": "node-1",
        "pid": 12,
        "started_at": now,
        "seen_at": now,
        "concurrency": 8,
        "queues": ("mail",),
        "types": ("email:send",),
        "lease": 60.0,
        "release": "0.2.0",
        "python": "3.13.1",
    }
    worker = WorkerInfo(id=worker_id, **(told | fields))
    await store.backend.registry.beat(worker)
    return worker


def card(html: str, worker_id: str) -> str:
    """The words of a worker's card."""
    found = re.search(rf'<article [^>]*id="{re.escape(worker_id)}".*?</article>', html, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).replace("\xa0", " ").split())


async def test_a_card_tells_how_a_worker_is(client: httpx.AsyncClient, store: Container) -> None:
    await beat(store, "fine", memory=412_000_000, memory_limit=1_000_000_000, loop_lag=0.002)
    await beat(store, "bad", memory=950_000_000, memory_limit=1_000_000_000, loop_lag=0.34)
    await beat(store, "older", python=None, release=None)
    html = (await client.get("/workers")).text
    fine, bad, older = (card(html, name) for name in ("fine", "bad", "older"))
    assert "412 MB memory 2 ms loop lag" in fine
    assert "mail · node-1 · Python 3.13.1 · 0.2.0" in fine
    assert "950 MB memory 340 ms loop lag" in bad
    assert "— memory — loop lag" in older
    assert "an earlier release" in older
    assert html.count('class="warnc"') == 2
    assert ("Quiet" in fine, "Quiet" in older) == (True, False)


@pytest.mark.parametrize(
    ("fields", "order", "label", "why"),
    [
        ({}, WorkerOrder.QUIET, "Told to be quiet", "Nothing to do"),
        ({"is_quiet": True}, WorkerOrder.QUIET, "Quiet", "It claims nothing until it is resumed"),
        ({"is_quiet": True}, WorkerOrder.WORK, "Quiet", "Its own program has paused it"),
        ({}, WorkerOrder.STOP, "Told to stop", "Nothing to do"),
        ({"is_stopping": True}, WorkerOrder.STOP, "Stopping", "It finishes what runs and claims nothing new"),
    ],
)
async def test_a_card_tells_what_a_worker_was_told_and_what_came_of_it(
    client: httpx.AsyncClient, store: Container, fields: dict[str, Any], order: WorkerOrder, label: str, why: str
) -> None:
    await beat(store, "w1", **fields)
    await store.backend.registry.give_order("w1", order)
    told = card((await client.get("/workers")).text, "w1")
    assert told.startswith(f"w1 {label} ")
    assert why in told


async def test_a_worker_is_made_quiet_resumed_and_stopped_after_a_question(
    client: httpx.AsyncClient, store: Container
) -> None:
    worker = await beat(store, "w1", running=("a", "b"))
    question = (await client.get("/act/quiet-worker?worker=w1")).text
    assert "2\xa0running tasks will go on to the end" in question
    assert "backstage workers quiet w1" in question
    orders = []
    for action in ("quiet-worker", "resume-worker", "stop-worker"):
        assert (await confirmed(client, f"/act/{action}?worker=w1")).status_code == 303
        orders.append((await store.backend.registry.beat(worker)).order)
    assert orders == ["quiet", "work", "stop"]
    assert "Stop w1, with 2\xa0running tasks?" in (await client.get("/act/stop-worker?worker=w1")).text
    assert (await client.get("/act/stop-worker?worker=nobody")).status_code == 404


async def test_who_may_only_look_tells_no_worker_anything(new_client: Client, store: Container) -> None:
    await beat(store, "w1")
    async with new_client(Role.VIEWER) as viewer:
        assert "/act/quiet-worker" not in (await viewer.get("/workers")).text
        assert (await viewer.get("/workers/w1/stacks")).status_code == 403
        assert (await viewer.get("/act/stop-worker?worker=w1")).status_code == 403


async def test_over_twelve_workers_are_a_table_with_the_same_numbers(
    client: httpx.AsyncClient, store: Container
) -> None:
    for number in range(13):
        await beat(store, f"w{number:02}", memory=64_000_000, loop_lag=0.2)
    html = (await client.get("/workers")).text
    assert "<article" not in html
    assert html.count("64\xa0MB") == 13
    assert html.count("/act/quiet-worker?") == 13


async def test_the_stacks_of_a_worker_are_shown_when_it_has_answered(
    client: httpx.AsyncClient, store: Container
) -> None:
    worker = await beat(store, "w1")
    page = (await client.get("/workers/w1/stacks")).text
    assert (await store.backend.registry.beat(worker)).stacks_request is None
    asking = asyncio.create_task(client.post("/workers/w1/stacks", data={"csrf": hidden(page, "csrf")}))
    async with asyncio.timeout(30):
        while (request := (await store.backend.registry.beat(worker)).stacks_request) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await store.backend.registry.put_stacks("w1", WorkerStacks(request, store.clock.now(), "thread <MainThread>"))
    assert "thread &lt;MainThread&gt;" in (await asking).text
    assert (await client.get("/workers/nobody/stacks")).status_code == 404
