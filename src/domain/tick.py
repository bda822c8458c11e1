"""The task of one tick. Whoever makes it makes the same one, so that firing twice stores it once."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from backstage.domain.cron_task import OVERLAP_KEY, CronTask
from backstage.domain.dedupe import Dedupe
from backstage.domain.overlap import Overlap
from backstage.domain.task import Task
from backstage.domain.uuid8 import uuid8

SCHEDULE, TICK = "schedule", "tick"
"""Keys in the metadata of a schedule's tasks: its name, and the nominal moment in ISO 8601."""


def tick_id(name: str, tick: datetime) -> str:
    """The id of the task that the schedule of that name enqueues for that tick."""
    return uuid8(tick, _digest(name, tick))


def tick_task(cron: CronTask, tick: datetime, now: datetime) -> Task:
    """The task for that tick, due then or, with jitter, at a moment after it that only the name and the tick decide."""
    part = int.from_bytes(_digest(cron.name, tick)[10:14], "big") / 2**32
    due = tick + timedelta(seconds=cron.jitter * part)
    return cron_task_as_task(cron, tick_id(cron.name, tick), now, due, tick)


def cron_task_as_task(cron: CronTask, task_id: str, now: datetime, due: datetime, tick: datetime | None) -> Task:
    """The task that a cron task stands for, with the key that Overlap.SKIP asks for; `tick` is None between ticks."""
    metadata = {SCHEDULE: cron.name}
    if tick is not None:
        metadata[TICK] = tick.isoformat().replace("+00:00", "Z")
    return Task(
        id=task_id,
        type=cron.task_name,
        payload_version=cron.payload_version,
        payload_json=cron.payload_json,
        queue=cron.queue,
        created_at=now,
        scheduled_at=due,
        dedupe=Dedupe(OVERLAP_KEY + cron.name) if cron.overlap is Overlap.SKIP else None,
        correlation_id=task_id,
        workflow_id=task_id,
        metadata=metadata,
        tags=tuple(cron.tags),
        key=cron.key,
    )


def _digest(name: str, tick: datetime) -> bytes:
    return sha256(f"{name}\n{tick.isoformat()}".encode()).digest()
