from __future__ import annotations

from datetime import datetime, timedelta

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.history import (
    HOUR,
    KEPT_FOR,
    MINUTE,
    QUARTER,
    SIX_HOURS,
    By,
    History,
    HistoryPoint,
    HistoryQuery,
    grain_of,
)
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.run_history import RunHistory

_STEPS = (MINUTE, 5 * MINUTE, QUARTER, HOUR, SIX_HOURS, 24 * HOUR)
_POINTS = 180
_LAST = timedelta(hours=1)


class GetHistory:
    """Return what ran from `since` (an hour ago, unless given) until `until` (now), one point for each step.

    `step` is seconds: whole minutes for the last day, quarters of an hour for a week, whole hours for 30 days; unless
    given, it makes about a hundred points. `by` is "queue" or "type". Without the histograms,
    `waits` and `runs` of each point are zero. Raises InvalidTaskDataError.
    """

    def __init__(self, history: RunHistory, clock: Clock) -> None:
        self._history, self._clock = history, clock

    async def __call__(
        self,
        queue: str | None = None,
        type: str | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        step: int | None = None,
        by: By | None = None,
        with_histograms: bool = True,
    ) -> History:
        now = self._clock.now()
        until = now if until is None else until
        since = until - _LAST if since is None else since
        step = _step_for(since, until, now) if step is None else step
        parts: tuple[By, ...] = () if by is None else (by,)
        query = HistoryQuery(
            since=since, until=until, step=step, queue=queue, type=type, by=parts, with_histograms=with_histograms
        )
        if since < now - KEPT_FOR[query.grain]:
            kept = f"{KEPT_FOR[query.grain].total_seconds() / HOUR:.0f} hours"
            raise InvalidTaskDataError.of("step", f"is made of rows that are kept for {kept}: pass whole hours")
        series: dict[str, dict[datetime, HistoryPoint]] = {} if by else {"": {}}
        for row in await self._history.read(query):
            series.setdefault(row.queue or row.type, {})[row.point.at] = row.point
        moments = query.moments()
        return History(
            step,
            moments,
            {
                name: tuple(points.get(at) or HistoryPoint(at=at) for at in moments)
                for name, points in sorted(series.items())
            },
        )


def _step_for(since: datetime, until: datetime, now: datetime) -> int:
    steps = [step for step in _STEPS if since >= now - KEPT_FOR[grain_of(step)]]
    seconds = (until - since).total_seconds()
    return next((step for step in steps if seconds <= step * _POINTS), _STEPS[-1])
