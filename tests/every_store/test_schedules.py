"""Schedules that others have written, on the stores that keep them as text."""

from __future__ import annotations

from typing import Any

import pytest

from backstage import CronTask
from backstage.worker import log_events
from tests.every_store.conftest import OneStore
from tests.worker.workers import until

SOON = CronTask("every 1s", "t", name="soon")


@pytest.mark.parametrize("url", ["sqlite", "postgres", "redis"], indirect=True)
async def test_a_schedule_that_cannot_be_read_is_told_once_and_keeps_no_other_from_firing(store: OneStore) -> None:
    entries: list[Any] = []
    strange = CronTask("every 1s", "t", name="strange")
    object.__setattr__(strange, "time_zone", "Olympus/Mons")  # which only the host that stored it knows
    worker = store.worker(log_handler=entries.append)
    await worker.connect()
    for cron in (strange, SOON):
        await worker.backstage.backend.schedules.put(cron)
    ran: list[Any] = []

    @worker.on("t")
    def run(payload: Any) -> None:
        ran.append(payload)

    await worker.start()
    await until(lambda: len(ran) >= 3)
    [told] = [entry for entry in entries if entry["event"] == log_events.SCHEDULE_UNREADABLE]
    assert told["schedule"] == "strange" and "Olympus/Mons" in told["problem"]
    assert {entry["schedule"] for entry in entries if entry["event"] == log_events.TICK_FIRED} == {"soon"}
    assert [each.name for each in await worker.backstage.list_schedules()] == ["soon"]
    assert [each.name for each in await worker.backstage.list_unreadable_schedules()] == ["strange"]
