"""What becomes of the ticks that passed while no scheduler was running."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from backstage.domain.cron import CronSchedule

PUNCTUAL = timedelta(minutes=1)


class MissedTicks(StrEnum):
    """What becomes of ticks that passed while no scheduler was running.

    NONE drops them, ONE fires only the latest one, ALL fires each of them.
    """

    NONE = "none"
    ONE = "one"
    ALL = "all"


def due_ticks(
    schedule: CronSchedule, last_tick: datetime, now: datetime, policy: MissedTicks, limit: int
) -> list[datetime]:
    """The ticks to fire at `now`, oldest first: those after `last_tick`, the last one decided upon.

    With NONE a tick is missed once it is more than a minute old. With ALL at most `limit` are given; the rest
    are due again when the last of these has become `last_tick`. A clock that went back gives none.
    """
    if policy is MissedTicks.ALL:
        return schedule.ticks_between(last_tick, now, limit)
    after = last_tick if policy is MissedTicks.ONE else max(last_tick, now - PUNCTUAL - timedelta(microseconds=1))
    latest = schedule.last_between(after, now)
    return [] if latest is None else [latest]
