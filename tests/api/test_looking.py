"""Searching, explaining, following, and the logs of a task."""

from __future__ import annotations

import json

import pytest

from backstage import GuardedUseCases, Identity, Role
from backstage.api.live import LiveSnapshots
from tests.api.conftest import Api


async def test_tasks_are_searched_and_counted_by_a_query(api: Api) -> None:
    found = await api.container.enqueue("email:send", {"user": 42}, tags=["vip"])
    await api.container.enqueue("email:send", {"user": 43})
    query = {"q": "type:email:* payload.user:42"}
    page = (await api.admin.get("/v1/search", params=query)).json()
    assert ([task["id"] for task in page["tasks"]], page["is_whole"], page["looked"]) == ([found.id], True, 2)
    assert (await api.admin.get("/v1/search/count", params=query)).json()["tasks"] == 1
    assert (await api.operator.get("/v1/search", params=query)).status_code == 403
    assert (await api.operator.get("/v1/search/count", params={"q": "tag:vip"})).json()["tasks"] == 1


async def test_a_query_that_makes_no_sense_is_told_with_what_was_meant(api: Api) -> None:
    answer = await api.viewer.get("/v1/search", params={"q": "stat:failed"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:backstage:invalid-query")
    assert "state" in answer.json()["detail"]


async def test_a_query_is_completed(api: Api) -> None:
    answer = await api.viewer.get("/v1/search/complete", params={"q": "state:fai"})
    assert [each["text"] for each in answer.json()["completions"]] == ["state:failed"]


async def test_why_a_task_does_not_run_is_explained(api: Api) -> None:
    task = await api.container.enqueue("email:send", queue="mail")
    await api.container.pause_queue("mail")
    explanation = (await api.viewer.get(f"/v1/tasks/{task.id}/explain")).json()
    assert (explanation["state"], explanation["reasons"][0]["kind"]) == ("pending", "paused")
    queue = (await api.viewer.get("/v1/queues/mail/explain")).json()
    assert (queue["is_moving"], queue["sentence"]) == (False, queue["reasons"][0]["sentence"])
    assert (await api.viewer.get("/v1/explain")).json()["queues"] == [queue]


async def test_a_pending_task_gets_another_priority_and_queue_and_an_ended_one_is_deleted(api: Api) -> None:
    task = await api.container.enqueue("email:send")
    path = f"/v1/tasks/{task.id}"
    stale = await api.operator.patch(path, json={"priority": 7}, headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    changed = (await api.operator.patch(path, json={"priority": 7, "queue": "mail"})).json()
    assert (changed["priority"], changed["queue"]) == (7, "mail")
    assert (await api.admin.delete(path)).status_code == 409
    await api.container.cancel_task(task.id)
    assert (await api.operator.delete(path)).status_code == 403
    assert (await api.admin.delete(path)).status_code == 204
    assert (await api.admin.get(path)).status_code == 404


async def test_a_task_is_followed_until_its_end_and_from_where_a_reader_was_cut_off(api: Api) -> None:
    task = await api.container.enqueue("email:send")
    await api.container.cancel_task(task.id)
    answer = await api.viewer.get(f"/v1/tasks/{task.id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    state, end = answer.text.strip().split("\n\n")
    assert state.startswith("id: 0\nevent: state\n")
    assert json.loads(state.partition("data: ")[2])["data"] == {"state": "cancelled"}
    assert end.startswith("event: end")
    again = await api.viewer.get(f"/v1/tasks/{task.id}/events", headers={"Last-Event-ID": "5"})
    assert "event: end" in again.text
    assert (await api.viewer.get(f"/v1/tasks/{task.id}/logs")).json() == {"lines": []}


@pytest.mark.parametrize("path", ["events", "logs", "explain"])
async def test_nothing_is_told_of_a_task_that_is_not_there(api: Api, path: str) -> None:
    assert (await api.viewer.get(f"/v1/tasks/01890000-0000-7000-8000-000000000000/{path}")).status_code == 404


async def test_all_readers_share_one_reading_of_the_store_and_get_what_changed(api: Api) -> None:
    asked = GuardedUseCases(api.container, Identity("ada", Role.VIEWER))
    snapshots = LiveSnapshots(interval=0.01)
    ada, bob = snapshots.follow(asked), snapshots.follow(asked)
    first = await anext(ada)
    assert (await anext(bob)) is first
    await api.container.enqueue("email:send", queue="mail")
    later = first
    while not (changes := later.changes_since(first.parts)):
        later = await anext(ada)
    assert [queue["name"] for queue in changes["queues"]] == ["mail"]
    assert first.changes_since(later.parts)["gone"] == {"queues": ["mail"], "types": ["email:send"]}
    for each in (ada, bob):
        await each.aclose()
    assert snapshots.readers == 0


async def test_all_tasks_of_a_query_are_changed_by_a_plan_that_is_started(api: Api) -> None:
    ids = {(await api.container.enqueue("email:send", queue="mail")).id for _ in range(3)}
    body = {"kind": "cancel", "query": "queue:mail"}
    plan = (await api.operator.post("/v1/bulk", json=body)).json()
    assert (plan["count"], {task["id"] for task in plan["sample"]}) == (3, ids)
    started = (await api.operator.post(f"/v1/bulk/{plan['digest']}/apply", json={"rate": 100.0})).json()
    assert (started["state"], started["started_by"], started["rate"]) == ("running", "the operator", 100.0)
    assert [each["id"] for each in (await api.viewer.get("/v1/bulk")).json()["operations"]] == [started["id"]]
    stopped = (await api.operator.post(f"/v1/bulk/{started['id']}/stop")).json()
    assert (await api.viewer.get(f"/v1/bulk/{started['id']}")).json() == stopped
    assert (await api.viewer.get("/v1/bulk/nothing")).status_code == 404
    [entry] = (await api.admin.get("/v1/audit", params={"action": "start_bulk"})).json()["entries"]
    assert (entry["who"], entry["target"], entry["tasks"]) == ("the operator", "cancel queue:mail", 3)


async def test_who_may_not_delete_cannot_start_what_an_admin_has_planned(api: Api) -> None:
    await api.container.cancel_task((await api.container.enqueue("email:send")).id)
    body = {"kind": "prune", "query": "state:cancelled"}
    assert (await api.operator.post("/v1/bulk", json=body)).status_code == 403
    digest = (await api.admin.post("/v1/bulk", json=body)).json()["digest"]
    assert (await api.operator.post(f"/v1/bulk/{digest}/apply")).status_code == 403
    assert (await api.admin.post(f"/v1/bulk/{digest}/apply")).json()["state"] == "running"
