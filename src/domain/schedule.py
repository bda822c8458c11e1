"""A cron task as a store keeps it."""

from __future__ import annotations

from datetime import datetime

from backstage.domain.cron_task import CronTask
from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.ports.queue_control import SCHEDULE, Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A stored schedule.

    `last_tick` is the latest moment up to which ticks were fired or skipped; at first it is the moment of creation.
    While `is_paused`, nothing is fired; `pause` says since when, by whom and why, None where an earlier release paused
    it.
    """

    cron: CronTask
    last_tick: datetime
    is_paused: bool = False
    pause: Pause | None = None

    @property
    def name(self) -> str:
        return self.cron.name


def pause_of_schedule(
    name: str, last_tick: datetime, since: datetime, by: str | None, reason: str | None
) -> Pause | None:
    """Return the pause of a paused schedule from what its store has noted, None if that was about a pause before.

    An earlier release resumes and pauses without touching the note, but resuming moves the last tick on.
    """
    return None if since < last_tick else Pause(SCHEDULE, name, since, by, reason)
