"""The pages over each store: what they read and do means the same everywhere."""

from __future__ import annotations

import re

import httpx
from starlette.requests import Request

from backstage import Container, TaskState
from backstage.domain.opening import Opening
from backstage.pages import pages_app
from backstage.pages.app import _PAGES
from tests.every_store.conftest import OneStore
from tests.pages.scene import build
from tests.pages.test_pages import confirmed


async def test_every_page_stands_on_every_store_and_an_action_reaches_it(store: OneStore) -> None:
    container = store.container()
    await container.start(Opening.WORK)

    async def use_cases_for(request: Request) -> Container:
        return container

    try:
        made = await build(container, 14)
        transport = httpx.ASGITransport(pages_app(use_cases_for))
        async with httpx.AsyncClient(transport=transport, base_url="http://backstage.test") as client:
            paths = [path for path in _PAGES if "{" not in path]
            answers = {path: (await client.get(path)).status_code for path in paths}
            assert {path: status for path, status in answers.items() if status != 200} == {}
            for state, tasks in made.items():
                assert (await client.get(f"/tasks/{tasks[0].id}")).status_code == 200, state
            failed = (await client.get("/tasks?q=state:failed")).text
            assert set(re.findall(r'data-id="([^"]+)"', failed)) == {task.id for task in made["failed"]}
            assert "TemplateNotFound" in (await client.get("/failures")).text
            await confirmed(client, f"/act/retry?task={made['failed'][0].id}")
        assert (await container.get_task(made["failed"][0].id)).state is TaskState.PENDING
    finally:
        await container.close()
