"""A task that is enqueued again and again by a schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any, Literal, TypeVar

from backstage.domain.cron import CronSchedule
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.lane_type import check_payload_version
from backstage.domain.limits import (
    MAX_KEY_LENGTH,
    MAX_TASK_KEY_LENGTH,
    check_name,
    check_seconds,
    check_tags,
    check_text,
)
from backstage.domain.missed_ticks import MissedTicks
from backstage.domain.overlap import Overlap
from backstage.domain.payload import encode_payload
from backstage.domain.queue import DEFAULT_QUEUE

OVERLAP_KEY = "schedule:"
"""What the dedupe key of a schedule's tasks begins with; its name follows."""
MAX_SCHEDULE_NAME_LENGTH = MAX_KEY_LENGTH - len(OVERLAP_KEY)
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class CronTask:
    """A schedule: enqueues `task_name` with the payload `args` on `queue` at each tick of `schedule`.

    `name` tells schedules apart and must be stable across deploys: by default the task's name and the
    expression, with the zone unless it is UTC; two that differ in their queue or args alone need names. `catch_up`
    says what becomes of missed ticks (none, one, all), `overlap` what becomes of a tick while an earlier one's task
    lives (allow, skip, replace). The task is due up to `jitter` seconds after its tick, and has `tags` and `key`;
    `args` are of `payload_version`.
    Raises InvalidTaskDataError.
    """

    schedule: str
    task_name: str
    queue: str = DEFAULT_QUEUE
    args: Any = field(default=None, hash=False)
    time_zone: str = field(default="UTC", kw_only=True)
    name: str = field(default="", kw_only=True)
    catch_up: MissedTicks | Literal["none", "one", "all"] = field(default=MissedTicks.ONE, kw_only=True)
    overlap: Overlap | Literal["allow", "skip", "replace"] = field(default=Overlap.ALLOW, kw_only=True)
    jitter: float = field(default=0.0, kw_only=True)
    tags: Sequence[str] = field(default=(), kw_only=True)
    key: str | None = field(default=None, kw_only=True)
    payload_version: int = field(default=1, kw_only=True)
    cron: CronSchedule = field(init=False, repr=False, compare=False)
    payload_json: str = field(init=False, repr=False, compare=False)
    """`args` as they were at creation."""

    def __post_init__(self) -> None:
        check_name("task_name", self.task_name)
        check_name("queue", self.queue)
        check_payload_version("payload_version", self.payload_version)
        cron = CronSchedule.parse(self.schedule, self.time_zone)
        zone = "" if self.time_zone == "UTC" else f" {self.time_zone}"
        name = self.name or f"{self.task_name} {cron.expression}{zone}"
        derived = {
            "schedule": cron.expression,
            "name": check_text("name", name, MAX_SCHEDULE_NAME_LENGTH),
            "catch_up": _choice("catch_up", MissedTicks, self.catch_up),
            "overlap": _choice("overlap", Overlap, self.overlap),
            "jitter": check_seconds("jitter", self.jitter),
            "tags": check_tags("tags", self.tags),
            "key": None if self.key is None else check_text("key", self.key, MAX_TASK_KEY_LENGTH),
            "cron": cron,
            "payload_json": encode_payload(self.args, field="args"),
        }
        for attribute, value in derived.items():
            object.__setattr__(self, attribute, value)


def _choice(field_name: str, choices: type[_Choice], given: str) -> _Choice:
    try:
        return choices(given)
    except ValueError:
        raise InvalidTaskDataError.of(field_name, f"{ascii(given)[:60]} is not one of {', '.join(choices)}") from None
