from __future__ import annotations

from datetime import datetime, timedelta

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.history import HOUR, KEPT_FOR, MINUTE, By, History, HistoryPoint, HistoryQuery
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.run_history import RunHistory

_STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR)
_POINTS = 120
_LAST = timedelta(hours=1)


class GetHistory:
    """Return what ran from `since` (an hour ago, unless given) until `until` (now), one point for each step.

    `step` is seconds: whole minutes for the last day, whole hours before that, for 30 days; unless given, it makes
    about a hundred points. `by` is "queue" or "type". Raises InvalidTaskDataError.
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
    ) -> History:
        now = self._clock.now()
        until = now if until is None else until
        since = until - _LAST if since is None else since
        minutes_from = now - KEPT_FOR[MINUTE]
        step = _step_for(since, until, minutes_from) if step is None else step
        parts: tuple[By, ...] = () if by is None else (by,)
        query = HistoryQuery(since=since, until=until, step=step, queue=queue, type=type, by=parts)
        if since < minutes_from and query.grain == MINUTE:
            raise InvalidTaskDataError.of("step", "is of minutes, which are kept for a day: pass whole hours")
        series: dict[str, dict[datetime, HistoryPoint]] = {} if by else {"": {}}
        for row in await self._history.read(query):
            series.setdefault(row.queue or row.type, {})[row.point.at] = row.point
        moments = query.moments()
        return History(
            step,
            {
                name: tuple(points.get(at) or HistoryPoint(at=at) for at in moments)
                for name, points in sorted(series.items())
            },
        )


def _step_for(since: datetime, until: datetime, minutes_from: datetime) -> int:
    steps = _STEPS if since >= minutes_from else [step for step in _STEPS if step >= HOUR]
    seconds = (until - since).total_seconds()
    return next((step for step in steps if seconds <= step * _POINTS), steps[-1])
