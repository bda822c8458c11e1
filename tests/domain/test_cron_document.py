"""A cron task as a text that stores keep."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backstage.conformance.keeping import UNICODE
from backstage.domain.cron_document import cron_of, document_of
from backstage.domain.cron_task import CronTask
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap

FULL = CronTask(
    "*/5 8-18 * * mon-fri",
    "report:build",
    "reports",
    {UNICODE: [1, 2.5, None, True, 2**63 - 1]},
    time_zone="Europe/Berlin",
    name=UNICODE,
    catch_up=MissedTicks.ALL,
    overlap=Overlap.REPLACE,
    jitter=2.5,
    tags=("vip", UNICODE[:64]),
    key="customer 7",
)


@pytest.mark.parametrize("cron", [FULL, CronTask("0 0 * * *", "cleanup")], ids=["full", "with defaults"])
def test_a_cron_task_comes_back_exactly(cron: CronTask) -> None:
    again = cron_of(document_of(cron))
    assert again == cron
    assert again.payload_json == cron.payload_json
    assert (again.name, again.catch_up) == (cron.name, cron.catch_up)


def test_the_payload_is_the_one_at_creation() -> None:
    args: dict[str, Any] = {"n": 1}
    cron = CronTask("@daily", "report", args=args)
    args["n"] = 2
    assert cron_of(document_of(cron)).args == {"n": 1}


def test_the_document_is_one_line_of_ascii() -> None:
    document = document_of(FULL)
    assert document.isascii()
    assert "\n" not in document


def test_a_schedule_without_tags_and_key_can_be_read_by_an_earlier_release() -> None:
    assert json.loads(document_of(CronTask("@daily", "t"))).keys().isdisjoint({"tags", "key"})


def test_a_document_from_before_overlap_and_jitter_can_be_read() -> None:
    old = json.loads(document_of(CronTask("@daily", "t", name="n")))
    del old["overlap"], old["jitter"]
    cron = cron_of(json.dumps(old))
    assert (cron.overlap, cron.jitter) == (Overlap.ALLOW, 0.0)
