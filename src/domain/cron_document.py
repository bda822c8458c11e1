"""A cron task as JSON text, which is how every store keeps it."""

from __future__ import annotations

import json

from backstage.domain.cron_task import CronTask
from backstage.domain.lane_type import lane_type, split_lane_type


def document_of(cron: CronTask) -> str:
    document = {
        "name": cron.name,
        "schedule": cron.schedule,
        "time_zone": cron.time_zone,
        "task_name": lane_type(cron.task_name, cron.payload_version),
        "queue": cron.queue,
        "args": cron.payload_json,
        "catch_up": str(cron.catch_up),
        "overlap": str(cron.overlap),
        "jitter": cron.jitter,
    }
    if cron.tags:  # left out where there are none: an earlier release cannot read a schedule that has them
        document["tags"] = list(cron.tags)
    if cron.key is not None:
        document["key"] = cron.key
    return json.dumps(document)


def cron_of(document: str) -> CronTask:
    """Return the cron task that `document_of` gave this text for, now or in an earlier release, whose documents lack
    what was added since; no other text makes sense."""
    fields = json.loads(document)
    fields["args"] = json.loads(fields["args"])
    fields["task_name"], fields["payload_version"] = split_lane_type(fields["task_name"])
    return CronTask(**fields)
