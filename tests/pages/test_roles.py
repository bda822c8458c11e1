"""What the pages show and do for each role."""

from __future__ import annotations

from backstage.domain.cron_task import CronTask
from backstage.domain.identity import Role
from backstage.domain.task_state import TaskState
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


async def test_who_may_not_read_payloads_changes_a_schedule_and_keeps_what_it_hands_on(
    new_client: Client, store: Container
) -> None:
    await store.put_schedule(CronTask("30 2 * * *", "report:build", args={"month": 11}, name="nightly"))
    async with new_client(Role.ADMIN, may_read_payloads=False) as client:
        html = (await client.get("/new-schedule?edit=nightly")).text
        assert "&#34;[hidden]&#34;</textarea>" in html
        form = {"csrf": hidden(html, "csrf"), "schedule": "every 5m", "task_name": "report:build", "name": "nightly"}
        await client.post("/new-schedule", data={**form, "args": '"[hidden]"'})
        cron = (await store.get_schedule("nightly")).cron
        assert (cron.schedule, cron.args) == ("every 5m", {"month": 11})
        unknown = await client.post("/new-schedule", data={**form, "args": '"[hidden]"', "name": "other"})
        assert (unknown.status_code, 'id="args-problem"' in unknown.text) == (422, True)


async def test_what_is_hidden_is_offered_as_no_payload(new_client: Client, store: Container) -> None:
    task = (await build(store, 7))["completed"][0]
    async with new_client(Role.OPERATOR, may_read_payloads=False) as client:
        html = (await client.get(f"/tasks/{task.id}")).text
        assert "You may not read payloads." in html
        assert "[hidden]" not in html
        assert "/new-task" not in html
        assert (await client.get(f"/new-task?copy={task.id}")).status_code == 403
        await confirmed(client, f"/act/copy?task={task.id}")
    copies = [each for each in (await store.find_tasks()).tasks if each.origin_id == task.id]
    assert [copy.payload for copy in copies] == [task.payload]


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
