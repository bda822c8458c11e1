"""A schedule as answers show it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from backstage.cli.answer import iso
from backstage.domain.firing import next_tick
from backstage.domain.schedule import Schedule


def schedule_document(schedule: Schedule, now: datetime) -> dict[str, Any]:
    """`next_tick` is null while it is paused."""
    cron, pause = schedule.cron, schedule.pause
    return {
        "name": schedule.name,
        "schedule": cron.schedule,
        "time_zone": cron.time_zone,
        "task_name": cron.task_name,
        "payload_version": cron.payload_version,
        "queue": cron.queue,
        "args": json.loads(cron.payload_json),
        "catch_up": str(cron.catch_up),
        "overlap": str(cron.overlap),
        "jitter": cron.jitter,
        "tags": list(cron.tags),
        "key": cron.key,
        "is_paused": schedule.is_paused,
        "paused_since": pause and iso(pause.since),
        "paused_by": pause and pause.by,
        "pause_reason": pause and pause.reason,
        "last_tick": iso(schedule.last_tick),
        "next_tick": None if schedule.is_paused else iso(next_tick(schedule, now)),
    }
