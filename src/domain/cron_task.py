"""A task that is enqueued again and again by a schedule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backstage.domain.cron import CronSchedule
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import MAX_KEY_LENGTH, check_name, check_text
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.payload import encode_payload
from backstage.domain.queue import DEFAULT_QUEUE


@dataclass(frozen=True, slots=True)
class CronTask:
    """Enqueue `task_name` with the payload `args` on `queue` at each tick of `schedule`.

    `name` tells schedules apart and must be stable across deploys: by default the task's name and the
    expression, with the zone unless it is UTC; two that differ in their queue or args alone need names. `catch_up`
    also takes "none", "one" and "all". Raises InvalidTaskDataError.
    """

    schedule: str
    task_name: str
    queue: str = DEFAULT_QUEUE
    args: Any = field(default=None, hash=False)
    time_zone: str = field(default="UTC", kw_only=True)
    name: str = field(default="", kw_only=True)
    catch_up: MissedTicks = field(default=MissedTicks.ONE, kw_only=True)
    cron: CronSchedule = field(init=False, repr=False, compare=False)
    payload_json: str = field(init=False, repr=False, compare=False)
    """`args` as they were at creation."""

    def __post_init__(self) -> None:
        check_name("task_name", self.task_name)
        check_name("queue", self.queue)
        cron = CronSchedule.parse(self.schedule, self.time_zone)
        zone = "" if self.time_zone == "UTC" else f" {self.time_zone}"
        name = self.name or f"{self.task_name} {cron.expression}{zone}"
        derived = {
            "schedule": cron.expression,
            "name": check_text("name", name, MAX_KEY_LENGTH),
            "catch_up": _policy(self.catch_up),
            "cron": cron,
            "payload_json": encode_payload(self.args, field="args"),
        }
        for attribute, value in derived.items():
            object.__setattr__(self, attribute, value)


def _policy(given: str) -> MissedTicks:
    try:
        return MissedTicks(given)
    except ValueError:
        raise InvalidTaskDataError.of("catch_up", f"{ascii(given)[:60]} is not one of none, one, all") from None
