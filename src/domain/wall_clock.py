"""When clocks in a time zone show the minutes of a cron expression, also on the nights when they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from backstage.domain.cron_fields import CronFields
from backstage.domain.deferred_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class WallClock:
    """The rule of Debian's cron(8), without its limit of three hours.

    Elapsed schedules (`*` first in minute or hour) tick whenever a clock shows a matching minute: never inside a
    gap, and both times when an hour is repeated. The others name a time of day and tick once for it: the first
    time when it is repeated, at the gap's end when it is left out. Several that fall into one gap are one tick.
    """

    fields: CronFields
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime | None:
        """The first tick later than `moment` (UTC), None when there is none within the horizon."""
        local = moment.astimezone(self.zone)
        wall = local.replace(tzinfo=None, fold=0)
        best: datetime | None = None
        # Before the second pass of a repeated hour its minutes lie ahead although the clock has shown them.
        for match in self.fields.after(wall - self._repeated(local)):
            best = min((tick for tick in (best, *self._ticks(match)) if tick and tick > moment), default=None)
            if best is not None and match > wall:
                return best
        return best

    def is_shown_at(self, tick: datetime) -> bool:
        """Whether the clock shows a matching minute at this moment."""
        wall = tick.astimezone(self.zone).replace(tzinfo=None, fold=0)
        return next(iter(self.fields.after(wall - timedelta(microseconds=1))), None) == wall

    def _repeated(self, local: datetime) -> timedelta:
        return max(_offset(local.replace(fold=0)) - _offset(local.replace(fold=1)), timedelta())

    def _ticks(self, match: datetime) -> Sequence[datetime]:
        """The moments, in order, at which this matching minute ticks: none, one or two."""
        early, late = match.replace(tzinfo=self.zone), match.replace(tzinfo=self.zone, fold=1)
        first, second = _offset(early), _offset(late)
        if first == second:
            return (early.astimezone(UTC),)
        if first > second:
            return (early.astimezone(UTC), late.astimezone(UTC)) if self.fields.is_elapsed else (early.astimezone(UTC),)
        return () if self.fields.is_elapsed else (self._end_of_gap(match, first, second),)

    def _end_of_gap(self, match: datetime, old: timedelta, new: timedelta) -> datetime:
        # A minute that no clock showed, read with either offset, lies on either side of the change.
        before, after = (match - new).replace(tzinfo=UTC), (match - old).replace(tzinfo=UTC)
        while after - before > timedelta(seconds=1):
            middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
            if _offset(middle.astimezone(self.zone)) == old:
                before = middle
            else:
                after = middle
        return after


def _offset(moment: datetime) -> timedelta:
    offset = moment.utcoffset()
    assert offset is not None
    return offset
