"""What the pages show and do for each role."""

from __future__ import annotations

from backstage.domain.identity import Role
from backstage.domain.task_state import TaskState
from backstage.infra.container import Container
from tests.pages.conftest import Client
from tests.pages.scene import build
from tests.pages.test_pages import confirmed


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


async def test_all_that_match_are_retried_as_one_operation(new_client: Client, store: Container) -> None:
    made = await build(store, 21)
    async with new_client(Role.OPERATOR) as client:
        offered = (await client.get("/all-that-match?q=state:failed")).text
        assert "3\xa0tasks that match" in offered
        started = await confirmed(client, "/act/bulk?kind=retry&q=state:failed")
        assert started.status_code == 303
        [operation] = await store.list_bulk()
        assert operation.started_by == "ada"
        async for each in store.run_bulk(operation.id):
            operation = each
        assert {(await store.get_task(task.id)).state for task in made["failed"]} == {TaskState.PENDING}
        assert "3 of 3 done" in (await client.get(f"/bulk/{operation.id}")).text
        assert operation.id in (await client.get("/bulk")).text
        assert (await client.get("/act/bulk?kind=prune&q=state:completed")).status_code == 403
        assert (await client.get("/act/bulk?kind=burn&q=state:completed")).status_code == 422
