"""Schedules and broadcasts with real processes on one file."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from backstage.conformance.trial import Trial
from backstage.domain.broadcast_message import KEPT_FOR, BroadcastMessage
from backstage.domain.cron_task import CronTask
from backstage.domain.schedule import Schedule
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock

CRON = CronTask("* * * * *", "ping")
FIRE = """
import asyncio, sys
from datetime import datetime, timedelta
from backstage.conformance.task_factory import TaskFactory
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.system_clock import SystemClock
from backstage.infra.uuid7_ids import Uuid7Ids

async def main():
    backend, ids, end = SqliteBackend(sys.argv[1], SystemClock()), Uuid7Ids(), datetime.fromisoformat(sys.argv[2])
    new_task = TaskFactory(backend.clock)
    await backend.open()
    while (schedule := (await backend.schedules.all())[0]).last_tick < end:
        tick = schedule.last_tick + timedelta(minutes=1)
        tasks = [new_task(id=ids.new(), correlation_id=tick.isoformat()) for _ in range(2)]
        if await backend.schedules.fire(schedule, tick, tasks):
            print(tick.isoformat(), flush=True)
    await backend.close()

asyncio.run(main())
"""


@pytest.fixture
async def schedule(path: Path) -> Schedule:
    backend = SqliteBackend(path, SystemClock())
    await backend.open()
    schedule = await backend.schedules.put(CRON)
    await backend.close()
    return schedule


async def started(path: Path, schedule: Schedule, ticks: int) -> asyncio.subprocess.Process:
    end = schedule.last_tick + timedelta(minutes=ticks)
    program = (sys.executable, "-c", FIRE, str(path), end.isoformat())
    return await asyncio.create_subprocess_exec(
        *program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def fired(path: Path, schedule: Schedule) -> tuple[int, Counter[str]]:
    """How many ticks are decided upon, and how many tasks each of them left."""
    backend = SqliteBackend(path, SystemClock())
    await backend.open()
    [stored] = await backend.schedules.all()
    tasks = [each.task for each in await backend.archive.read(None, 1_000_000)]
    await backend.close()
    return (stored.last_tick - schedule.last_tick) // timedelta(minutes=1), Counter(t.correlation_id for t in tasks)


async def test_processes_that_share_a_schedule_fire_each_tick_once(path: Path, schedule: Schedule) -> None:
    processes = [await started(path, schedule, 60) for _ in range(3)]
    ends = await asyncio.gather(*(process.communicate() for process in processes))
    assert [errors.decode() for _, errors in ends] == [""] * 3
    told = sorted(b"".join(output for output, _ in ends).decode().split())
    decided, tasks = await fired(path, schedule)
    assert (decided, len(told)) == (60, 60)
    assert tasks == dict.fromkeys(told, 2)


async def test_a_kill_leaves_no_tick_without_its_tasks_and_no_tasks_without_their_tick(
    path: Path, schedule: Schedule
) -> None:
    process = await started(path, schedule, 100_000)
    assert process.stdout is not None
    told = [(await process.stdout.readline()).decode().strip() for _ in range(20)]
    process.kill()
    await process.communicate()
    decided, tasks = await fired(path, schedule)
    assert set(told) <= set(tasks)
    assert set(tasks.values()) == {2}
    assert len(tasks) == decided


async def test_messages_that_are_over_leave_no_row_behind(trial: Trial, path: Path) -> None:
    for number in range(5):
        await trial.broadcasts.send(_message(trial, number))
    position = await trial.broadcasts.position()
    trial.clock.advance(KEPT_FOR + 1)
    await trial.broadcasts.send(_message(trial, 5))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM backstage_broadcasts").fetchone() == (1,)
    assert len((await trial.broadcasts.receive(position, 10)).messages) == 1


def _message(trial: Trial, number: int) -> BroadcastMessage:
    return BroadcastMessage(id=f"m{number}", name="reload", sent_at=trial.clock.now())
