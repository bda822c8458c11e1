from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from backstage import FailureGroup, HistoryPoint
from backstage.ports import (
    FAILURES_KEPT_FOR,
    GRAINS,
    HISTORY_KEPT_FOR,
    HOUR,
    HOURS_SHOWN,
    HistoryBatch,
    HistoryQuery,
    HistoryRow,
    floored,
    seen_again,
)
from examples.journal.store import Store

Key = tuple[datetime, str, str]
"""Beginning, queue and type."""


class JournalRunHistory:
    """RunHistory. It begins anew with each process: numbers for people, which a journal of tasks need not hold."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last_numbers: dict[str, int] = {}
        self._points: dict[int, dict[Key, HistoryPoint]] = {grain: {} for grain in GRAINS}
        self._groups: dict[str, FailureGroup] = {}
        self._runs_in_hour: Counter[tuple[str, datetime]] = Counter()

    async def add(self, batch: HistoryBatch) -> None:
        with self._store.lock:
            if self._last_numbers.get(batch.writer, 0) >= batch.number:
                return
            self._last_numbers[batch.writer] = batch.number
            for grain, points in self._points.items():
                for row in batch.rows:
                    at = floored(row.point.at, grain)
                    _sum_up(points, (at, row.queue, row.type), replace(row.point, at=at))
            for sighting in batch.sightings:
                group = seen_again(self._groups.get(sighting.fingerprint), sighting)
                self._groups[group.fingerprint] = group
                self._runs_in_hour[group.fingerprint, floored(sighting.at, HOUR)] += sighting.runs

    async def read(self, query: HistoryQuery) -> list[HistoryRow]:
        moments = query.moments()
        until = moments[-1] + timedelta(seconds=query.step)
        sums: dict[Key, HistoryPoint] = {}
        with self._store.lock:
            for (at, queue, type_), point in self._points[query.grain].items():
                if moments[0] <= at < until and query.queue in (None, queue) and query.type in (None, type_):
                    beginning = floored(at, query.step)
                    names = queue if "queue" in query.by else "", type_ if "type" in query.by else ""
                    _sum_up(sums, (beginning, *names), replace(point, at=beginning))
        found = [HistoryRow(queue, type_, point) for (_, queue, type_), point in sorted(sums.items(), key=_place)]
        return found if query.with_histograms else [row.without_histograms for row in found]

    async def failure_groups(
        self, since: datetime, limit: int, before: tuple[datetime, str] | None, type: str | None
    ) -> list[FailureGroup]:
        with self._store.lock:
            groups = sorted(self._groups.values(), key=_lateness, reverse=True)
            found = [
                replace(group, hours=self._hours(group.fingerprint))
                for group in groups
                if group.last_seen >= since
                and type in (None, group.task_type)
                and (before is None or _lateness(group) < before)
            ]
        return found[:limit]

    async def mark_failure_group(
        self, fingerprint: str, *, is_muted: bool | None = None, note: str | None = None
    ) -> bool:
        with self._store.lock:
            group = self._groups.get(fingerprint)
            if group is not None and is_muted is not None:
                group = replace(group, is_muted=is_muted)
            if group is not None and note is not None:
                group = replace(group, note=note or None)
            if group is not None:
                self._groups[fingerprint] = group
            return group is not None

    async def forget(self) -> None:
        now = self._store.clock.now()
        with self._store.lock:
            for grain, points in self._points.items():
                for key in [key for key in points if key[0] < now - HISTORY_KEPT_FOR[grain]]:
                    del points[key]
            for group in [each for each in self._groups.values() if each.last_seen < now - FAILURES_KEPT_FOR]:
                del self._groups[group.fingerprint]
            for run in [run for run in self._runs_in_hour if run[1] < now - timedelta(hours=HOURS_SHOWN)]:
                del self._runs_in_hour[run]

    def _hours(self, fingerprint: str) -> tuple[int, ...]:
        last = floored(self._store.clock.now(), HOUR)
        hours = (last - timedelta(hours=ago) for ago in reversed(range(HOURS_SHOWN)))
        return tuple(self._runs_in_hour[fingerprint, hour] for hour in hours)


def _sum_up(points: dict[Key, HistoryPoint], key: Key, point: HistoryPoint) -> None:
    points[key] = points[key].plus(point) if key in points else point


def _place(summed: tuple[Key, HistoryPoint]) -> Key:
    return summed[0]


def _lateness(group: FailureGroup) -> tuple[datetime, str]:
    return group.last_seen, group.fingerprint
