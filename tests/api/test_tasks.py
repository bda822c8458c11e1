from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backstage import EnqueueTask
from backstage.domain.failure import Failure
from tests.api.conftest import Api

ID = "01890000-0000-7000-8000-00000000000a"
UNKNOWN = "01890000-0000-7000-8000-000000000000"


async def test_a_task_is_enqueued_and_read_whole(api: Api) -> None:
    body = {
        "type": "email:send",
        "payload": {"to": "ada é", "n": 2**62},
        "queue": "mail",
        "priority": 5,
        "scheduled_at": "2030-01-31T08:00:00+01:00",
        "dedupe": {"key": "k", "ttl": 60.0},
        "backoff": {"kind": "fixed", "base": 1.0, "cap": 1.0},
        "max_attempts": 3,
        "metadata": {"tenant": "7"},
        "tags": ["vip"],
        "key": "customer-7",
    }
    answer = await api.admin.post("/v1/tasks", json=body)
    task = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert {name: task[name] for name in body if name not in ("scheduled_at", "backoff")} == {
        name: value for name, value in body.items() if name not in ("scheduled_at", "backoff")
    }
    assert (task["scheduled_at"], task["state"], task["attempt"]) == ("2030-01-31T07:00:00Z", "pending", 0)
    assert (await api.admin.get(f"/v1/tasks/{task['id']}")).json() == task


async def test_a_repeated_request_with_an_idempotency_key_stores_nothing_more(api: Api) -> None:
    first = await api.operator.post("/v1/tasks", json={"type": "email:send"}, headers={"Idempotency-Key": ID})
    await api.container.cancel_task(ID)
    second = await api.operator.post("/v1/tasks", json={"type": "email:send"}, headers={"Idempotency-Key": ID})
    assert (first.json()["id"], first.json()["state"]) == (ID, "pending")
    assert (second.status_code, second.json()["id"], second.json()["state"]) == (201, ID, "cancelled")
    assert (await api.container.get_task_stats()).total == 1
    other = await api.operator.post("/v1/tasks", json={"type": "sms:send"}, headers={"Idempotency-Key": ID})
    assert (other.status_code, "another type" in other.json()["detail"]) == (422, True)
    changed = {"type": "email:send", "payload": {"to": "bob"}}
    other = await api.operator.post("/v1/tasks", json=changed, headers={"Idempotency-Key": ID})
    assert (other.status_code, other.json()["type"]) == (422, "urn:backstage:idempotency-key-reused")
    assert "another payload" in other.json()["detail"]


async def test_a_held_dedupe_key_is_a_conflict(api: Api) -> None:
    body = {"type": "email:send", "dedupe": {"key": "k"}}
    assert (await api.operator.post("/v1/tasks", json=body)).status_code == 201
    answer = await api.operator.post("/v1/tasks", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:backstage:duplicate-task")


async def test_many_tasks_are_enqueued_together_or_none_is(api: Api) -> None:
    one = {"type": "email:send", "dedupe": {"key": "k"}}
    answer = await api.operator.post("/v1/tasks/batch", json={"tasks": [one, one, {"type": "email:send"}]})
    stored = [each["task"] is not None for each in answer.json()["tasks"]]
    assert (answer.status_code, stored) == (201, [True, False, True])
    wrong = await api.operator.post(
        "/v1/tasks/batch", json={"tasks": [{"type": "a"}, {"type": "a", "payload": "\x00"}]}
    )
    assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (422, "tasks[1].payload")
    assert (await api.container.get_task_stats()).total == 2


async def test_pages_follow_each_other_by_key(api: Api) -> None:
    ids = [(await api.container.enqueue("email:send", queue=queue)).id for queue in ("mail", "sms", "mail", "mail")]
    first = (await api.viewer.get("/v1/tasks", params={"queue": "mail", "limit": 2})).json()
    assert [task["id"] for task in first["tasks"]] == [ids[3], ids[2]]
    rest = (await api.viewer.get("/v1/tasks", params={"queue": "mail", "after": first["next_after"]})).json()
    assert ([task["id"] for task in rest["tasks"]], rest["next_after"]) == ([ids[0]], None)


async def test_tasks_are_found_by_several_states_a_tag_and_a_key(api: Api) -> None:
    found = await api.container.enqueue("email:send", tags=["vip"], key="c7")
    await api.container.enqueue("email:send", tags=["vip"])
    params = {"state": ["pending", "failed"], "tag": "vip", "key": "c7"}
    page = (await api.viewer.get("/v1/tasks", params=params)).json()
    assert [task["id"] for task in page["tasks"]] == [found.id]
    assert (await api.viewer.get("/v1/tasks", params={"state": "asleep"})).status_code == 422


async def test_a_failed_task_is_shown_with_its_attempts_retried_and_copied(api: Api) -> None:
    task = await api.running()
    await api.container.backend.queue.settle([task.gave_up(Failure("ValueError", "no such address", "Traceback"))])
    failed = (await api.viewer.get(f"/v1/tasks/{task.id}")).json()
    error = {"type": "ValueError", "message": "no such address", "traceback": "Traceback"}
    assert (failed["state"], failed["error"]) == ("failed", error)
    [attempt] = (await api.viewer.get(f"/v1/tasks/{task.id}/attempts")).json()["attempts"]
    assert (attempt["worker_id"], attempt["error"]) == ("w1", error)
    copy = (await api.operator.post(f"/v1/tasks/{task.id}/copy")).json()
    assert copy["origin_id"] == task.id
    retried = await api.operator.post(f"/v1/tasks/{task.id}/retry", json={"reset_attempts": True})
    assert (retried.status_code, retried.json()["state"]) == (200, "pending")


async def test_a_task_is_cancelled_once(api: Api) -> None:
    task = await api.container.enqueue("email:send")
    assert (await api.operator.post(f"/v1/tasks/{task.id}/cancel")).json()["state"] == "cancelled"
    again = await api.operator.post(f"/v1/tasks/{task.id}/cancel")
    assert (again.status_code, again.json()["title"]) == (409, "Illegal move")


async def test_a_task_that_changed_since_it_was_looked_at_is_left_alone(api: Api) -> None:
    task = await api.running()
    stale = await api.operator.post(f"/v1/tasks/{task.id}/cancel", headers={"If-Match": '"1"'})
    assert (stale.status_code, (await api.container.get_task(task.id)).is_cancel_requested) == (412, False)
    fresh = await api.operator.post(f"/v1/tasks/{task.id}/cancel", headers={"If-Match": f'"{task.version}"'})
    assert fresh.json()["is_cancel_requested"]


async def test_what_is_not_there_is_told_as_a_problem(api: Api) -> None:
    for method, path in (("GET", ""), ("GET", "/attempts"), ("POST", "/cancel"), ("POST", "/retry"), ("POST", "/copy")):
        answer = await api.operator.request(method, f"/v1/tasks/{UNKNOWN}{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["type"] == "urn:backstage:task-not-found"
    assert (await api.operator.get("/v1/nothing")).json()["status"] == 404
    assert (await api.operator.put("/v1/tasks")).json()["status"] == 405


async def test_a_wrong_field_is_named(api: Api) -> None:
    answer = await api.operator.post("/v1/tasks", json={"type": "email:send", "metadata": {"a": 1}, "prio": 5})
    assert answer.status_code == 422
    assert sorted(each["field"] for each in answer.json()["fields"]) == ["metadata.a", "prio"]
    both = {"type": "email:send", "delay": 1.0, "scheduled_at": "2030-01-01T00:00:00Z"}
    assert "only one of them" in (await api.operator.post("/v1/tasks", json=both)).json()["detail"]


async def test_a_filter_whose_name_is_misspelt_finds_nothing_rather_than_everything(api: Api) -> None:
    answer = await api.viewer.get("/v1/tasks", params={"stat": "failed"})
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "stat")
    assert (await api.viewer.get("/v1/tasks?queue=a&queue=b")).status_code == 422


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"{", 422, "body: is not JSON"),
        (b"\xff\xfe", 422, "body: is not JSON"),
        (b'{"type": "a", "payload": NaN}', 422, "payload: is nan"),
        (b'{"type": "a", "metadata": {"a": "\\ud800"}}', 422, "metadata.a: contains a lone surrogate"),
        (b'{"type": "a", "payload": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", 400, "is nested too deeply"),
        (b'{"type": "a", "payload": ' + b"9" * 6_000 + b"}", 400, "too many digits"),
    ],
)
async def test_a_body_that_makes_no_sense_is_a_problem_and_no_defect(
    api: Api, body: bytes, status: int, told: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.operator.post("/v1/tasks", content=body, headers=headers)
    assert (answer.status_code, told in answer.json()["detail"]) == (status, True), answer.text


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: Api) -> None:
    async def without_a_length() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b" " * (1024 * 1024)

    for path in ("/v1/tasks", "/act/cancel"):
        told = await api.operator.post(path, content=b" " * (17 * 1024 * 1024))
        assert (told.status_code, told.json()["title"]) == (413, "Content Too Large")
    untold = await api.operator.post(
        "/v1/tasks", content=without_a_length(), headers={"Content-Type": "application/json"}
    )
    assert (untold.status_code, untold.json()) == (413, told.json())
    assert "send fewer tasks at once" in untold.json()["detail"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await api.operator.post("/act/cancel", content=without_a_length(), headers=form)).status_code == 413


async def test_a_task_has_the_version_of_its_payload(api: Api) -> None:
    answer = await api.operator.post("/v1/tasks", json={"type": "email:send", "payload_version": 3})
    assert (answer.status_code, answer.json()["payload_version"]) == (201, 3)
    assert (await api.container.get_task(answer.json()["id"])).payload_version == 3


async def test_a_task_is_called_by_the_first_or_last_characters_of_its_id(api: Api) -> None:
    task = await api.container.enqueue("email:send")
    for part in (task.id[:13], task.id[-8:], task.id[-12:]):
        assert (await api.viewer.get(f"/v1/tasks/{part}")).json()["id"] == task.id
    assert (await api.operator.post(f"/v1/tasks/{task.id[-8:]}/cancel")).json()["state"] == "cancelled"
    assert (await api.viewer.get(f"/v1/task-ids/{task.id[-8:]}")).json() == {"task_id": task.id}
    unknown = await api.viewer.get("/v1/tasks/00000000/explain")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:backstage:task-not-found")
    assert (await api.viewer.get("/v1/task-ids/0000000")).status_code == 422


async def test_a_part_of_an_id_that_several_tasks_have_lists_them(api: Api) -> None:
    ids = ["01890000-0000-7000-8000-00000000000a", "01890000-0000-7000-8000-00000000000b"]
    await api.container.enqueue_tasks([EnqueueTask("email:send", None, id=id_) for id_ in ids])
    for path in ("/v1/tasks/01890000", "/v1/task-ids/01890000"):
        answer = await api.viewer.get(path)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:backstage:ambiguous-id")
        assert sorted(answer.json()["task_ids"]) == ids


async def test_tasks_that_ended_lately_come_in_the_order_of_their_ends(api: Api) -> None:
    tasks = [await api.container.enqueue("email:send", {"n": n}) for n in range(3)]
    for task in (tasks[2], tasks[0]):
        await api.container.cancel_task(task.id)
    found = (await api.viewer.get("/v1/tasks/ended", params={"since": "2020-01-01T00:00:00Z"})).json()["tasks"]
    assert [task["id"] for task in found] == [tasks[2].id, tasks[0].id]
    assert {task["payload"] for task in found} == {"[hidden]"}
    later = {"since": found[1]["finished_at"], "limit": 1}
    assert [t["id"] for t in (await api.viewer.get("/v1/tasks/ended", params=later)).json()["tasks"]] == [tasks[0].id]
