"""A cron task as JSON text."""

from __future__ import annotations

import json

import pytest

from backstage.domain.cron_document import cron_of, document_of
from backstage.domain.cron_task import CronTask
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap


def test_a_document_gives_back_the_whole_cron_task() -> None:
    cron = CronTask(
        "30 2 * * *",
        "report:build",
        "reports",
        {"ä": [1.5, None]},
        time_zone="Europe/Berlin",
        name="nightly",
        catch_up=MissedTicks.ALL,
        overlap=Overlap.REPLACE,
        jitter=2.5,
    )
    assert cron_of(document_of(cron)) == cron


def test_a_document_from_before_overlap_and_jitter_can_be_read() -> None:
    old = json.loads(document_of(CronTask("@daily", "t", name="n")))
    del old["overlap"], old["jitter"]
    cron = cron_of(json.dumps(old))
    assert (cron.overlap, cron.jitter) == (Overlap.ALLOW, 0.0)


@pytest.mark.parametrize("document", ["", "{", "[]", "{}", '{"args": "null", "newer": 1}'])
def test_other_text_is_refused(document: str) -> None:
    with pytest.raises(ValueError):
        cron_of(document)
