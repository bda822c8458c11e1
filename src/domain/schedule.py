"""A cron task as a store keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backstage.domain.cron_task import CronTask


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A stored schedule.

    `last_tick` is the latest moment up to which ticks were fired or skipped; at first it is the moment of creation.
    While `is_paused`, nothing is fired.
    """

    cron: CronTask
    last_tick: datetime
    is_paused: bool = False

    @property
    def name(self) -> str:
        return self.cron.name
