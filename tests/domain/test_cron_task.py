"""A cron task is checked when it is made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest

from backstage.domain.cron_task import CronTask
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap


def test_the_four_positions_and_their_defaults() -> None:
    task = CronTask("0 0 * * *", "cleanup.daily")
    assert (task.queue, task.args, task.payload_json, task.time_zone) == ("default", None, "null", "UTC")
    assert (task.catch_up, task.overlap, task.jitter) == (MissedTicks.ONE, Overlap.ALLOW, 0.0)
    full = CronTask("*/5 * * * *", "health.check", "ops", {"deep": True})
    assert (full.queue, full.payload_json) == ("ops", '{"deep":true}')


def test_it_ticks_in_its_zone() -> None:
    task = CronTask("0 9 * * *", "report", time_zone="Asia/Kathmandu")
    assert task.cron.next_after(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(2026, 1, 1, 3, 15, tzinfo=UTC)


def test_the_default_name_is_the_task_and_the_expression_however_it_is_spaced() -> None:
    assert CronTask(" 0  9 * * * ", "report").name == "report 0 9 * * *"
    assert CronTask("0 9 * * *", "report", time_zone="Europe/Berlin").name == "report 0 9 * * * Europe/Berlin"
    assert CronTask("0 9 * * *", "report", name="morning").name == "morning"


def test_the_payload_is_the_one_at_creation() -> None:
    args = {"n": 1}
    task = CronTask("@daily", "report", args=args)
    args["n"] = 2
    assert task.payload_json == '{"n":1}'


def test_it_is_hashable_and_cannot_be_changed() -> None:
    task = CronTask("@daily", "report", args={"n": 1})
    assert task in {task}
    with pytest.raises(FrozenInstanceError):
        task.queue = "other"  # type: ignore[misc]


def test_a_policy_may_be_given_as_its_text() -> None:
    policy: Any = "all"
    assert CronTask("@daily", "report", catch_up=policy).catch_up is MissedTicks.ALL


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"schedule": "61 * * * *"}, "schedule"),
        ({"schedule": None}, "schedule"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"task_name": "no spaces"}, "task_name"),
        ({"queue": ""}, "queue"),
        ({"args": {"n": float("nan")}}, "args.n"),
        ({"args": "x" * 1_100_000}, "args"),
        ({"name": "n" * 504}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"catch_up": "sometimes"}, "catch_up"),
        ({"catch_up": []}, "catch_up"),
        ({"overlap": "maybe"}, "overlap"),
        ({"jitter": -1}, "jitter"),
        ({"jitter": "1m"}, "jitter"),
    ],
)
def test_a_wrong_field_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidTaskDataError) as caught:
        CronTask(**{"schedule": "@daily", "task_name": "report", **given})
    assert [each.field for each in caught.value.fields] == [field]
