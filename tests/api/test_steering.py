"""Queues, types, schedules, workers, subscriptions, dead letters and the audit log."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from backstage.domain.failure import Failure
from backstage.domain.worker_info import WorkerInfo
from backstage.domain.worker_order import WorkerStacks
from tests.api.conftest import Api


async def test_counts_are_told_in_all_by_queue_and_by_type(api: Api) -> None:
    await api.container.enqueue("email:send", queue="mail")
    await api.running("sms:send", queue="sms")
    stats = (await api.viewer.get("/v1/stats")).json()
    assert (stats["pending"], stats["running"], stats["queues"], stats["types"]) == (1, 1, 2, 2)
    mail, sms = (await api.viewer.get("/v1/queues")).json()["queues"]
    assert (mail["name"], mail["pending"], mail["oldest_due_seconds"] >= 0.0) == ("mail", 1, True)
    assert (sms["name"], sms["running"], sms["oldest_due_seconds"]) == ("sms", 1, None)
    assert [each["name"] for each in (await api.viewer.get("/v1/types")).json()["types"]] == ["email:send", "sms:send"]


@pytest.mark.parametrize("kind", ["queues", "types"])
async def test_a_queue_and_a_type_are_paused_and_resumed(api: Api, kind: str) -> None:
    body = {"reason": "provider down"}
    paused = [(await api.operator.post(f"/v1/{kind}/mail/pause", json=body)).json() for _ in range(2)]
    assert [each["has_changed"] for each in paused] == [True, False]
    [group] = (await api.viewer.get(f"/v1/{kind}")).json()[kind]
    assert (group["name"], group["paused_since"] is not None) == ("mail", True)
    assert (group["paused_by"], group["pause_reason"]) == ("the operator", "provider down")
    assert (await api.operator.post(f"/v1/{kind}/mail/resume")).json() == {
        "name": "mail",
        "is_paused": False,
        "has_changed": True,
    }


@pytest.mark.parametrize("name", ["nightly", "report:build */5 * * * *", "é/pause"])
async def test_a_schedule_of_any_name_is_put_steered_and_deleted(api: Api, name: str) -> None:
    path = f"/v1/schedules/{quote(name, safe='')}"
    body = {"schedule": "*/5 * * * *", "task_name": "report:build", "args": {"n": 1}, "time_zone": "Europe/Zurich"}
    assert (await api.admin.put(path, json=body)).status_code == 200
    schedule = (await api.admin.get(path)).json()
    assert {field: schedule[field] for field in ("name", *body)} == {"name": name, **body}
    assert (await api.operator.post(f"{path}/pause")).json()["has_changed"]
    paused = (await api.viewer.get("/v1/schedules")).json()["schedules"][0]
    assert (paused["is_paused"], paused["paused_by"], paused["pause_reason"]) == (True, "the operator", None)
    assert (await api.operator.post(f"{path}/resume")).json()["has_changed"]
    assert (await api.operator.post(f"{path}/run")).json()["task"]["type"] == "report:build"
    assert (await api.admin.delete(path)).status_code == 204
    assert (await api.viewer.get(path)).json()["type"] == "urn:backstage:schedule-not-found"


async def test_a_reason_that_is_too_long_for_a_pause_is_refused(api: Api) -> None:
    answer = await api.operator.post("/v1/queues/mail/pause", json={"reason": "x" * 501})
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "reason")
    assert (await api.viewer.get("/v1/queues")).json()["queues"] == []


async def test_a_schedule_that_makes_no_sense_is_refused_with_the_field(api: Api) -> None:
    answer = await api.admin.put("/v1/schedules/a", json={"schedule": "every day", "task_name": "a:b"})
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "schedule")


async def test_workers_are_listed_with_what_they_run(api: Api) -> None:
    now = datetime.now(UTC)
    worker = WorkerInfo(
        id="w1", host="h", pid=1, started_at=now, seen_at=now, concurrency=8, queues=(), types=("*",), running=("x",)
    )
    await api.container.backend.registry.beat(worker)
    [found] = (await api.viewer.get("/v1/workers")).json()["workers"]
    assert (found["id"], found["state"], found["running"], found["queues"]) == ("w1", "running", ["x"], [])


async def test_a_worker_is_told_to_be_quiet_to_work_again_and_to_stop(api: Api) -> None:
    now = datetime.now(UTC)
    worker = WorkerInfo(
        id="host-1.abcdef",
        host="h",
        pid=1,
        started_at=now,
        seen_at=now,
        concurrency=8,
        queues=(),
        types=("*",),
        python="3.12.1",
        memory=1_000_000,
        loop_lag=0.25,
    )
    registry = api.container.backend.registry
    await registry.beat(worker)
    assert (await api.viewer.post("/v1/workers/abcdef/quiet")).status_code == 403
    orders = []
    for action in ("quiet", "resume", "stop"):
        assert (await api.operator.post(f"/v1/workers/abcdef/{action}")).status_code == 202
        orders.append((await registry.beat(worker)).order)
    assert orders == ["quiet", "work", "stop"]
    [found] = (await api.viewer.get("/v1/workers")).json()["workers"]
    told = {name: found[name] for name in ("order", "memory", "memory_limit", "loop_lag")}
    assert told == {"order": "stop", "memory": 1_000_000, "memory_limit": None, "loop_lag": 0.25}
    unknown = await api.operator.post("/v1/workers/nobody/stop")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:backstage:worker-not-found")


async def test_a_worker_is_asked_for_its_stacks(api: Api) -> None:
    now = datetime.now(UTC)
    worker = WorkerInfo(
        id="w1", host="h", pid=1, started_at=now, seen_at=now, concurrency=8, queues=(), types=("*",), python="3.12.1"
    )
    registry = api.container.backend.registry
    await registry.beat(worker)
    asking = asyncio.create_task(api.operator.post("/v1/workers/w1/stacks"))
    async with asyncio.timeout(30):
        while (request := (await registry.beat(worker)).stacks_request) is None:  # noqa: ASYNC110 - the store knows
            await asyncio.sleep(0.01)
    await registry.put_stacks("w1", WorkerStacks(request, now, "thread MainThread"))
    answer = await asking
    assert (answer.status_code, answer.json()["text"]) == (200, "thread MainThread")


async def test_a_durable_listener_is_put_and_removed(api: Api) -> None:
    await api.admin.put("/v1/subscriptions/alerts", json={"types": ["email:*"]})
    [found] = (await api.viewer.get("/v1/subscriptions")).json()["subscriptions"]
    assert (found["name"], found["types"], found["events"]) == ("alerts", ["email:*"], ["worker-task:failed"])
    assert (await api.admin.delete("/v1/subscriptions/alerts")).json() == {"tasks": 0}
    assert (await api.admin.delete("/v1/subscriptions/alerts")).status_code == 404
    wrong = await api.admin.put("/v1/subscriptions/alerts", json={"events": ["nothing"]})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:backstage:invalid-request")


async def test_dead_letters_are_replayed_and_purged(api: Api) -> None:
    for _ in range(2):
        task = await api.running()
        await api.container.backend.queue.settle([task.gave_up(Failure("ValueError", "no", ""))])
    assert (await api.operator.post("/v1/dead-letters/replay", json={"queue": "mail"})).json() == {"tasks": 0}
    assert (await api.operator.post("/v1/dead-letters/purge")).status_code == 403
    assert (await api.admin.post("/v1/dead-letters/purge")).json() == {"tasks": 2}


async def test_a_broadcast_is_sent(api: Api) -> None:
    answer = await api.operator.post("/v1/broadcasts", json={"name": "cache:clear", "payload": {"key": 1}})
    assert (answer.status_code, answer.json()["name"]) == (201, "cache:clear")


async def test_the_audit_log_tells_who_did_what_in_pages(api: Api) -> None:
    await api.operator.post("/v1/queues/mail/pause")
    await api.admin.post("/v1/queues/mail/resume")
    first = (await api.admin.get("/v1/audit", params={"limit": 1})).json()
    [resumed] = first["entries"]
    assert (resumed["who"], resumed["action"], resumed["target"]) == ("the admin", "resume_queue", "mail")
    rest = (await api.admin.get("/v1/audit", params={"after": first["next_after"]})).json()
    assert [entry["who"] for entry in rest["entries"]] == ["the operator"]
    narrowed = (await api.admin.get("/v1/audit", params={"who": "the operator"})).json()
    assert [entry["action"] for entry in narrowed["entries"]] == ["pause_queue"]
