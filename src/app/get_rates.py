from __future__ import annotations

from datetime import timedelta

from backstage.domain.history import MINUTE, HistoryQuery, HistoryRow
from backstage.domain.ports.clock import Clock
from backstage.domain.ports.run_history import RunHistory
from backstage.domain.rate import Rate

_MINUTES = 5


class GetRates:
    """Return how fast each type on each queue went over the last five minutes, sorted; those of which nothing ran are
    left out."""

    def __init__(self, history: RunHistory, clock: Clock) -> None:
        self._history, self._clock = history, clock

    async def __call__(self) -> tuple[Rate, ...]:
        until = self._clock.now() + timedelta(microseconds=1)
        since = until - timedelta(minutes=_MINUTES)
        query = HistoryQuery(since=since, until=until, step=MINUTE, by=("queue", "type"), with_histograms=False)
        minutes = (until - query.moments()[0]).total_seconds() / 60
        lanes: dict[tuple[str, str], HistoryRow] = {}
        for row in await self._history.read(query):
            known = lanes.get((row.queue, row.type))
            point = row.point if known is None else known.point.plus(row.point)
            lanes[row.queue, row.type] = HistoryRow(row.queue, row.type, point)
        return tuple(_rate(row, minutes) for _, row in sorted(lanes.items()))


def _rate(row: HistoryRow, minutes: float) -> Rate:
    point = row.point
    failed = point.failed + point.retried
    return Rate(row.queue, row.type, point.claimed / minutes, point.completed / minutes, failed / minutes)
