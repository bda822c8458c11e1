from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from backstage import CronTask, Worker
from backstage.app import check_deploy
from backstage.domain.deploy_report import UnknownLane, UnreadableField
from backstage.infra.container import Container
from backstage.testing import TaskBench


class Email(BaseModel):
    to: str


def next_release(*, with_upcaster: bool = True) -> Worker:
    worker = Worker("memory://", silent=True)
    worker.on("email:send", lambda email: email.to, version=2)

    @worker.on("count")
    def count(number: int) -> int:
        return number

    if with_upcaster:
        worker.upcast("email:send", 1)(lambda payload: {"to": payload["address"]})
    return worker


@pytest.fixture
async def bench() -> Any:
    async with TaskBench() as bench:
        yield bench


async def test_what_the_code_does_not_know_is_told_with_numbers_and_the_oldest(bench: TaskBench) -> None:
    store: Container = bench.backstage
    await bench.enqueue("gone")
    bench.clock.advance(7)
    await bench.enqueue("gone", queue="slow", delay=60)
    await bench.enqueue("email:send", {"address": "ada"})
    await bench.enqueue("email:send", {"to": "ada"}, payload_version=3)
    report = await store.check_deploy(next_release(with_upcaster=False).deployed())
    assert report.unknown_lanes == (
        UnknownLane("default", "email:send", 1, 0, 0.0),
        UnknownLane("default", "email:send@3", 1, 0, 0.0),
        UnknownLane("default", "gone", 1, 0, 7.0),
        UnknownLane("slow", "gone", 1, 0, None),
    )
    assert not report.is_safe


async def test_payloads_are_raised_and_read_and_the_fields_that_do_not_fit_are_told(bench: TaskBench) -> None:
    wrong = [await bench.enqueue("count", "many", delay=5) for _ in range(4)]
    no_address = await bench.enqueue("email:send", {})
    await bench.enqueue("email:send", {"address": "ada"})
    await bench.enqueue("count", 3)
    report = await bench.backstage.check_deploy(next_release().deployed())
    found = {(each.type, each.field): each for each in report.unreadable}
    raising, unfit = found["email:send", "payload"], found["count", "payload"]
    assert raising == UnreadableField(
        "default", "email:send", "payload", "its upcasters raise KeyError: 'address'", 1, (no_address.id,)
    )
    assert (unfit.tasks, unfit.sample_task_ids) == (4, tuple(each.id for each in wrong[:0:-1]))
    assert report.unknown_lanes == ()


async def test_of_a_long_lane_the_newest_are_looked_at_and_that_is_said(
    bench: TaskBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_deploy, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(check_deploy, "MAX_PAGE", 1)
    for number in range(3):
        await bench.enqueue("count", number)
    report = await bench.backstage.check_deploy(next_release().deployed())
    [looked] = report.looked_at
    assert (looked.looked, looked.tasks, looked.is_whole, report.is_safe) == (2, 3, False, True)


async def test_schedules_and_subscriptions_that_the_code_cannot_serve_are_told(bench: TaskBench) -> None:
    store = bench.backstage
    await store.put_schedule(CronTask("0 8 * * *", "gone", name="unknown"))
    await store.put_schedule(CronTask("0 8 * * *", "count", args="many", name="unfit"))
    await store.put_schedule(CronTask("0 8 * * *", "count", args=1, name="fine"))
    await store.subscribe("mailer")
    report = await store.check_deploy(next_release().deployed())
    assert [(each.kind, each.name) for each in report.unknown_names] == [
        ("schedule", "unfit"),
        ("schedule", "unknown"),
        ("subscription", "mailer"),
    ]


async def test_whatever_passes_drains_without_an_unknown_type_or_a_payload_that_does_not_fit(bench: TaskBench) -> None:
    await bench.enqueue("count", 3)
    await bench.enqueue("email:send", {"address": "ada"})
    await bench.enqueue("email:send", {"to": "bob"}, payload_version=2)

    def send(email: Email) -> str:
        return email.to

    bench.on("email:send", send, version=2)
    bench.upcast("email:send", 1)(lambda payload: {"to": payload["address"]})
    bench.on("count", lambda number: number)
    assert (await bench.backstage.check_deploy(bench.deployed())).is_safe
    assert [task.result for task in await bench.drain()] == [3, "ada", "bob"]
    bench.assert_no_failures()
